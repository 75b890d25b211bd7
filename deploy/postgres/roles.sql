-- Roles and databases for Aftercare, run once by a superuser:
--   psql -v owner_password=… -v app_password=… -v keys_password=… -f roles.sql
-- The application signs in as aftercare_app, which owns nothing: `manage.py prepare` grants it what it needs,
-- and the audit trail stays append-only for it. Patient keys lie in a database of their own.

CREATE ROLE aftercare_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE aftercare_app LOGIN PASSWORD :'app_password';
CREATE ROLE aftercare_keys LOGIN PASSWORD :'keys_password';
CREATE DATABASE aftercare OWNER aftercare_owner;
CREATE DATABASE aftercare_keys OWNER aftercare_keys;
REVOKE CONNECT ON DATABASE aftercare FROM PUBLIC;
REVOKE CONNECT ON DATABASE aftercare_keys FROM PUBLIC;
GRANT CONNECT ON DATABASE aftercare TO aftercare_owner, aftercare_app;
GRANT CONNECT ON DATABASE aftercare_keys TO aftercare_keys;
\connect aftercare
CREATE EXTENSION IF NOT EXISTS vector;

#!/usr/bin/env bash
# Run by the PostgreSQL container when its volume is new.
set -euo pipefail
psql --username postgres --set ON_ERROR_STOP=1 \
    --set owner_password="$(cat "$OWNER_PASSWORD_FILE")" \
    --set app_password="$(cat "$APP_PASSWORD_FILE")" \
    --set keys_password="$(cat "$KEYS_PASSWORD_FILE")" \
    --file /etc/aftercare/roles.sql

"""Twenty faults, what is expected of each, and the tests that try it. `make faults` runs them and reports."""

from dataclasses import dataclass

LOST = "tests/test_no_escalation_is_lost.py::test_under_kills_none_is_lost_none_is_shown_twice_and_all_are_paged"
STORY = "tests/test_story_by_protocol.py::"
MODEL = "tests/conversations/test_modelled.py::"
LINKS = "tests/faults/test_links.py::"
STORAGE = "tests/faults/test_storage.py::"
IN_CALL = "tests/faults/test_in_call.py::"
HOOKS = "tests/clinic/test_webhooks.py::"
LIVE = "tests/clinic/test_queue_live.py::"
CLOCKS = "tests/faults/test_clocks.py::"
DISKS = "tests/faults/test_disks.py::"
KEYS = "tests/faults/test_keys.py::"
SEALING = "tests/compliance/test_sealing.py::"


@dataclass(frozen=True)
class Row:
    fault: str
    expected: str
    tests: tuple[str, ...]


TABLE = (
    Row(
        "kill -9 between commit and publish",
        "the relay delivers, and it is shown once",
        (LOST,),
    ),
    Row(
        "kill -9 of a worker in a task, or after its effect",
        "done again, with one effect",
        (LOST, "tests/knowledge/test_ingestion.py::test_a_worker_that_died_half_way_is_succeeded_by_another"),
    ),
    Row(
        "Redis emptied, killed, or gone",
        "no escalation and no webhook lost; pages go on looking",
        (LOST, LIVE + "test_without_redis_pages_look_by_themselves"),
    ),
    Row(
        "PostgreSQL restarted in a call",
        "turns wait, and are written once, in order",
        (IN_CALL + "test_a_database_that_dies_in_a_call_loses_no_turn_and_repeats_none",),
    ),
    Row(
        "kill -9 of PostgreSQL under load, and power lost under it",
        "nothing that was acknowledged is lost; what was uncertain is repeated without effect",
        (
            LOST,
            DISKS + "test_what_was_acknowledged_outlives_a_loss_of_power",
            DISKS + "test_power_is_really_lost",
        ),
    ),
    Row(
        "the model hangs, or drips",
        "a deadline for the whole turn; the patient is answered from the papers",
        (
            MODEL + "test_the_patient_hears_no_break_when_the_model_fails",
            LINKS + "test_over_a_bad_link_to_the_model_the_patient_is_answered_in_time_and_truthfully",
        ),
    ),
    Row(
        "the model answers 500 or 429 again and again",
        "it is left alone; questions and red flags go on",
        (
            MODEL + "test_an_error_of_the_server_is_not_the_patients",
            MODEL + "test_a_broken_model_is_left_alone_for_a_while",
            MODEL + "test_red_flags_escalate_whatever_the_model_does",
        ),
    ),
    Row(
        "the model answers garbage, nothing, the wrong shape, or far too much",
        "refused and never spoken",
        (MODEL + "test_the_patient_hears_no_break_when_the_model_fails", MODEL + "test_nothing_false_is_voiced"),
    ),
    Row(
        "the process of a call killed, or its host cut off",
        "the patient is back in a new one, and the conversation goes on",
        (
            STORY + "TestOneCall::test_a_killed_call_process_is_replaced_and_the_conversation_goes_on",
            "tests/faults/test_two_hosts.py::"
            "test_the_patients_of_a_host_that_is_cut_off_are_back_on_the_other_within_ten_seconds",
        ),
    ),
    Row(
        "the patient's network gone",
        "the call ends, red flags are kept, and the care team is told",
        (IN_CALL + "test_a_patient_whose_network_is_gone_ends_the_call_and_keeps_the_red_flag",),
    ),
    Row(
        "the clock an hour off",
        "order comes from sequences, calls stay where they are, old messages are refused, and an alert tells",
        (
            CLOCKS + "test_a_host_whose_clock_is_an_hour_off_takes_no_call_from_others",
            CLOCKS + "test_a_clock_that_is_off_is_told",
            "tests/compliance/test_consent.py::test_the_order_is_the_ledgers_not_the_clocks",
            "tests/pure/test_webhooks.py::test_an_old_message_is_rejected_as_a_replay",
        ),
    ),
    Row(
        "the disk full",
        "refused, nothing half-written, and well again once there is room",
        (
            STORAGE + "test_a_full_disk_refuses_an_upload_and_leaves_nothing_half_written",
            DISKS + "test_on_a_full_disk_all_is_refused_and_all_goes_on_once_there_is_room",
        ),
    ),
    Row(
        "a webhook's receiver down for a day",
        "delivered on schedule, others not held up, the owner sees it",
        (HOOKS + "test_down_for_a_day_and_back_everything_arrives_and_others_never_waited",),
    ),
    Row(
        "delivered twice, clicked twice, replayed",
        "one effect",
        (
            HOOKS + "test_an_entry_that_is_handed_out_twice_makes_one_delivery",
            "tests/clinic/test_escalations.py::test_the_same_cause_is_the_same_escalation",
            "tests/clinic/test_escalations.py::test_whoever_acknowledges_first_has_it",
            LIVE + "test_messages_that_make_no_sense_change_nothing",
        ),
    ),
    Row(
        "consent withdrawn in a call",
        "sound, picture and model traffic end within 2 s",
        (
            STORY + "test_withdrawn_consent_ends_the_call_within_two_seconds",
            "tests/conversations/test_consented_model.py::test_consent_taken_back_stops_the_words_within_two_seconds",
        ),
    ),
    Row(
        "an account closed while its socket is open",
        "the socket is dead within 5 s",
        (LIVE + "test_a_socket_ends_soon_after_the_account_is_closed",),
    ),
    Row(
        "the witness or the key service down, or the patients' keys killed",
        "said and not hidden; pages and the API are 503, a call goes on; sealing goes on from where it was",
        (
            KEYS + "test_while_the_keys_are_dead_pages_show_nothing_and_say_so_and_all_is_well_after",
            KEYS + "test_a_call_goes_on_with_the_keys_it_has",
            "tests/compliance/test_key_providers.py::test_a_service_that_is_not_there_is_unavailable",
            SEALING + "test_a_batch_has_an_end_and_the_next_goes_on",
            SEALING + "test_the_witness_signs_each_head_once_and_remembers_across_restarts",
        ),
    ),
    Row(
        "a migration killed half-way",
        "nothing of it is left",
        (
            STORAGE + "test_a_migration_that_is_killed_half_way_leaves_nothing",
            STORAGE + "test_every_migration_is_one_transaction",
        ),
    ),
    Row(
        "two of everything that runs by the clock",
        "each thing is done once",
        (
            SEALING + "test_two_sealers_do_not_seal_twice",
            HOOKS + "test_two_senders_do_not_send_the_same_one",
            "tests/clinic/test_paging.py::test_looking_twice_pages_once",
            "tests/knowledge/test_ingestion.py::test_two_workers_do_not_read_the_same_document",
        ),
    ),
    Row(
        "a backup of an hour ago restored",
        "the witness tells that it is older than what it has seen",
        (
            "tests/test_backups.py::test_an_old_copy_is_told_from_what_the_witness_has_seen",
            SEALING + "test_a_log_cut_at_its_end_is_caught_by_the_witness",
        ),
    ),
)

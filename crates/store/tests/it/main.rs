//! Tests of the stores. The contract is written once, in `contract/`, and every engine must fulfil it. Tests for one
//! engine are in a module with the name of that engine.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod bulk;
mod contract;
mod faults;
mod faulty;
mod folder;
mod former;
mod place;
mod postgres;
mod sqlite;
mod world;

use contract::{
    apps, cards, codes, commits, console, copies, custom_codes, holders, log, media, members, push, records,
    reports,
};

/// Runs every case of the contract on every engine. Cases about a single writer run only on engines that have one.
macro_rules! contract {
    ($($rest:tt)*) => {
        engine!(sqlite_keeps crate::place::Folder::new(), $($rest)*);
        engine!(postgres_keeps crate::place::Database::new(), $($rest)*);
    };
}

macro_rules! engine {
    ($engine:ident $place:expr, $($module:ident { $($case:ident,)* })*) => {
        mod $engine {
            $(mod $module {$(
                #[test]
                fn $case() {
                    crate::$module::$case(&$place);
                }
            )*})*
        }
    };
}

engine!(sqlite_has_one_writer crate::place::Folder::new(), commits { two_writers_are_refused, });

contract! {
    apps {
        an_app_is_found_by_its_appid,
        an_appid_is_given_once,
        a_new_secret_and_new_settings_are_kept,
        the_writer_sees_a_changed_review_policy,
        an_unknown_app_has_no_working_set,
        a_new_token_retires_the_others_of_its_kind,
        tokens_long_past_their_life_are_dropped,
        of_issues_that_saw_the_same_last_token_one_succeeds,
    }
    cards {
        a_card_comes_back_as_it_was_written,
        heads_of_cards_need_no_documents,
        a_document_keeps_its_bytes,
        stock_and_document_change_apart,
        a_page_of_cards_shows_the_oldest_first,
        a_list_of_cards_is_read_again_only_after_a_change_of_it,
        a_page_of_cards_can_be_of_some_statuses,
        whole_cards_come_from_the_newest_down,
        every_card_is_visited_once_however_many_there_are,
        cards_that_wait_come_by_their_last_change,
    }
    console {
        an_account_is_kept_with_its_grants,
        the_last_owner_cannot_be_disabled_or_lose_the_role,
        a_session_is_found_by_its_digest_until_it_ends,
        a_login_link_works_once,
        a_login_attempt_counts_against_every_limit_or_none,
        login_attempts_at_the_same_moment_are_counted_one_by_one,
        a_browser_is_known_until_the_password_changes,
    }
    codes {
        every_field_of_a_code_is_kept,
        absent_rows_are_known_to_be_absent,
        a_row_already_loaded_is_left_alone,
        codes_of_a_card_come_page_by_page,
        every_field_of_a_member_is_kept,
    }
    commits {
        a_batch_of_two_apps_is_one_commit,
        numbers_go_on_after_opening_again,
        a_failed_commit_leaves_nothing,
        readers_see_committed_rows_only,
    }
    copies {
        a_copy_that_was_started_over_writes_nothing_more,
        a_copy_that_ended_is_not_deleted_by_one_that_saw_its_mark,
    }
    custom_codes {
        a_custom_code_leads_to_its_number,
        a_custom_code_leads_to_the_cards_that_have_it,
        deposited_codes_are_drawn_in_order,
        a_pool_is_loaded_with_as_many_heads_as_asked,
        a_replaced_text_stays_retired,
        unclaimed_codes_come_page_by_page,
    }
    holders {
        claims_count_for_the_holder_and_the_card,
        the_codes_of_a_holder_are_read_in_pages,
        a_consumed_code_counts_as_consumed,
        a_given_code_is_no_claim_of_the_friend,
        codes_of_a_holder_come_in_order,
        holders_are_known_after_opening_again,
        holders_are_known_without_a_writer,
    }
    log {
        every_field_of_an_event_is_kept,
        events_come_page_by_page,
        days_of_the_log_know_their_range,
        a_scan_visits_the_day_alone,
        scans_of_parts_add_up,
    }
    media {
        a_picture_is_kept_once_for_each_app,
        a_picture_outlives_the_process,
    }
    members {
        memberships_begin_and_end,
        recording_a_day_again_changes_nothing,
        a_holder_with_two_cards_counts_once_in_the_source,
        a_resumed_code_is_valid_only_if_it_ever_was,
        a_gift_moves_the_membership,
        a_day_recorded_late_counts_on_its_day,
        the_order_of_steps_within_a_day_counts,
        many_steps_are_recorded,
    }
    push {
        every_field_of_a_callback_is_kept,
        the_first_event_pushed_is_the_next_one,
        progress_is_kept_with_its_rows,
        pushing_again_begins_with_all_tries,
        without_a_callback_nothing_is_pending,
        settled_deliveries_are_dropped_in_time,
        events_are_found_from_the_newest_on,
    }
    records {
        a_record_is_kept_until_it_is_taken_away,
        records_of_a_kind_come_in_order,
        records_come_from_the_last_down_in_pages,
        records_come_after_a_number_and_a_name,
        records_are_found_by_a_text_in_them,
        expired_records_are_dropped,
        any_number_of_expired_records_is_dropped,
    }
    reports {
        a_day_is_replaced_when_saved_again,
        rows_come_by_day_and_card,
        rows_of_some_cards_are_read_without_the_others,
        rows_of_one_scope_are_found,
        rows_of_a_day_are_read_in_parts_until_it_is_closed_again,
        a_day_with_new_events_is_stale,
        sweeps_are_kept,
        a_store_can_be_checked,
    }
}

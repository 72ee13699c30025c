//! The suite that every store passes: one function a property, each on a store of its
//! own that is empty. A back end runs all of them by [`contract_tests!`](crate::contract_tests).
//!
//! - [`actors`]: opening, who may commit, each message once
//! - [`retire`]: actors that have ended
//! - [`atomicity`]: all of a commit or none of it
//! - [`pipelining`]: commits queued behind each other
//! - [`rows`]: state, entries, replies
//! - [`entries`]: entries that their owner does not hold in memory
//! - [`log`]: what leaves
//! - [`reminders`]: what is due
//! - [`streams`]: events, heads, cursors
//! - [`dead_letters`]: what could not be handled
//! - [`facts`]: named facts
//! - [`inspection`]: what an operator reads of an actor
//! - [`expire`]: what is forgotten, and when
//! - [`cells`]: what waits for other cells, likewise, by [`cells_tests!`](crate::cells_tests)
//! - [`membership`]: the view of a cluster and its heartbeats, in back ends that silos share, which
//!   run them by [`membership_tests!`](crate::membership_tests)

pub mod actors;
pub mod atomicity;
pub mod cells;
pub mod dead_letters;
pub mod entries;
pub mod expire;
pub mod facts;
mod fixture;
pub mod inspection;
pub mod log;
pub mod membership;
pub mod pipelining;
pub mod reminders;
pub mod retire;
pub mod rows;
pub mod streams;

/// Makes a `#[tokio::test]` of every property. Takes the path of an
/// `async fn() -> (Arc<dyn Store>, Guard)`; the guard lives as long as the test.
#[macro_export]
macro_rules! contract_tests {
    ($make:path) => {
        $crate::contract_tests! { $make;
            actors: opening_fences_the_owner_before,
            actors: an_actor_without_a_record_is_absent_and_takes_no_commit,
            actors: a_first_commit_makes_the_record,
            actors: of_two_who_found_no_record_one_goes_on,
            actors: a_living_owner_keeps_its_actor,
            actors: an_actor_is_taken_from_a_living_owner_only_under_the_epoch_that_it_released,
            actors: epochs_rise_by_one_and_owners_follow,
            actors: of_many_who_open_only_the_last_commits,
            actors: a_version_commits_once,
            actors: a_message_is_handled_once,
            actors: a_message_that_is_queued_is_handled_once_too,
            actors: a_commit_sent_again_settles_itself,
            retire: an_actor_is_ended_until_it_says_otherwise,
            retire: ended_actors_are_read_by_type_and_time,
            retire: a_retired_actor_leaves_whole,
            retire: only_what_was_seen_is_retired,
            retire: a_retired_actor_says_so,
            retire: tombstones_are_forgotten_in_their_order,
            retire: those_of_one_shard_are_found_and_forgotten,
            retire: no_commit_of_a_former_life_is_taken,
            retire: a_message_of_a_former_life_is_not_handled_again,
            atomicity: a_commit_writes_everything,
            atomicity: a_refused_commit_leaves_nothing,
            atomicity: names_that_do_not_fit_are_refused_whole,
            pipelining: queued_commits_take_effect_in_order,
            pipelining: behind_a_refused_commit_all_are_refused,
            pipelining: a_dropped_ticket_does_not_take_back,
            pipelining: many_actors_commit_at_once,
            pipelining: what_is_staged_is_decided,
            pipelining: behind_the_tail_all_is_durable,
            rows: actors_are_listed_by_type,
            rows: state_is_set_kept_and_cleared,
            rows: entries_are_set_removed_and_cleared,
            rows: strange_names_stay_apart,
            rows: replies_are_kept,
            entries: an_opening_reads_no_more_than_its_bound,
            entries: several_are_read_at_once,
            entries: a_range_is_read_in_both_directions,
            entries: a_range_is_read_in_pieces,
            entries: a_view_stays_as_it_was,
            entries: what_was_opened_is_read,
            entries: a_copy_has_all_of_them,
            log: a_commit_leaves_one_entry,
            log: the_log_keeps_the_order_of_commits,
            log: a_refused_commit_leaves_no_entry,
            log: an_entry_is_relayed_once,
            reminders: reminders_are_replaced_and_cancelled,
            reminders: reminders_are_due_soonest_first,
            reminders: due_reminders_are_read_in_pieces,
            reminders: reminders_come_with_their_actor,
            reminders: delayed_messages_keep_their_order,
            inspection: an_actor_is_inspected_without_being_opened,
            inspection: an_actor_is_copied_without_being_opened,
            inspection: a_copy_is_of_one_commit,
            inspection: an_actor_is_not_taken_for_its_neighbour,
            inspection: what_was_handled_is_read_in_pieces,
            streams: positions_have_no_gaps,
            streams: an_event_has_a_place_in_each_of_its_streams,
            streams: publishers_share_a_key,
            streams: events_are_read_in_pieces,
            streams: heads_are_listed_by_stream,
            streams: cursors_are_kept_apart,
            dead_letters: dead_letters_are_kept,
            dead_letters: they_are_read_in_pieces_and_one_by_one,
            dead_letters: one_that_is_removed_is_gone_and_its_number_too,
            facts: facts_are_kept,
            facts: facts_are_listed_by_prefix_and_go,
            facts: facts_change_together,
            facts: several_facts_come_in_the_order_of_their_names,
            facts: facts_change_under_a_condition_of_which_one_holds,
            expire: expired_replies_are_forgotten,
            expire: what_has_expired_goes_with_its_shard,
            expire: old_events_are_forgotten_but_the_newest,
            expire: a_bounded_sweep_gets_everywhere,
            expire: a_silent_key_is_forgotten_unless_somebody_subscribes,
            expire: events_are_kept_by_number_and_until_they_are_handled,
        }
    };
    ($make:path; $($module:ident: $property:ident,)+) => {
        $(
            #[tokio::test]
            async fn $property() {
                let (store, _guard) = $make().await;
                $crate::contract::$module::$property(store).await;
            }
        )+
    };
}

/// Makes a `#[tokio::test]` of every property of a membership. Takes the path of an
/// `async fn() -> (Arc<dyn MembershipStore>, Guard)`; the guard lives as long as the test.
#[macro_export]
macro_rules! membership_tests {
    ($make:path) => {
        $crate::contract_tests! { $make;
            membership: a_view_is_replaced_by_who_knows_it,
            membership: heartbeats_of_members_are_counted,
            membership: of_many_who_join_at_once_each_gets_an_id_of_its_own,
        }
    };
}

/// Makes a `#[tokio::test]` of every property of what a store keeps of other cells. Takes the path of
/// an `async fn() -> (contract::cells::Cell, Guard)`; the guard lives as long as the test.
#[macro_export]
macro_rules! cells_tests {
    ($make:path) => {
        $crate::contract_tests! { $make;
            cells: what_is_parked_stays_in_order_until_it_is_taken_out,
            cells: events_of_another_cell_are_relayed_once,
            cells: an_own_shard_is_not_taken_for_one_of_another_cell,
        }
    };
}

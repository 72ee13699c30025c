//! The suite that every store passes: one function a property, each on a store of its
//! own that is empty. A back end runs all of them by [`contract_tests!`](crate::contract_tests).
//!
//! - [`fencing`]: who may commit
//! - [`atomicity`]: all of a commit or none of it
//! - [`pipelining`]: commits queued behind each other
//! - [`rows`]: state, entries, replies, outbox, reminders
//! - [`streams`]: events, heads, cursors
//! - [`inspect`]: what an operator reads of an actor
//! - [`letters`]: dead letters
//! - [`meta`]: named facts, forgetting

pub mod atomicity;
pub mod dead_letters;
pub mod fencing;
mod fixture;
pub mod inspect;
pub mod meta;
pub mod pipelining;
pub mod rows;
pub mod streams;

/// Makes a `#[tokio::test]` of every property. Takes the path of an
/// `async fn() -> (Arc<dyn Store>, Guard)`; the guard lives as long as the test.
#[macro_export]
macro_rules! contract_tests {
    ($make:path) => {
        $crate::contract_tests! { $make;
            fencing: a_claim_fences_the_owner_before,
            fencing: an_actor_never_claimed_takes_no_commit,
            fencing: a_first_commit_claims,
            fencing: epochs_rise_by_one_and_owners_follow,
            fencing: of_many_claims_only_the_last_commits,
            fencing: a_version_commits_once,
            atomicity: a_commit_writes_everything,
            atomicity: a_refused_commit_leaves_nothing,
            atomicity: names_that_do_not_fit_are_refused_whole,
            pipelining: queued_commits_take_effect_in_order,
            pipelining: behind_a_refused_commit_all_are_refused,
            pipelining: a_dropped_ticket_does_not_take_back,
            pipelining: many_actors_commit_at_once,
            rows: actors_are_listed_by_type,
            rows: state_is_set_kept_and_cleared,
            rows: entries_are_set_removed_and_cleared,
            rows: strange_names_stay_apart,
            rows: replies_are_replayed,
            rows: the_outbox_keeps_its_order,
            rows: reminders_are_replaced_and_cancelled,
            rows: reminders_are_due_soonest_first,
            inspect: an_actor_is_inspected_without_being_claimed,
            inspect: an_actor_is_copied_without_being_claimed,
            inspect: a_copy_is_of_one_commit,
            inspect: an_actor_is_not_taken_for_its_neighbour,
            inspect: what_was_handled_is_read_in_pieces,
            streams: positions_have_no_gaps,
            streams: publishers_share_a_key,
            streams: events_are_read_in_pieces,
            streams: heads_are_listed_by_stream,
            streams: cursors_are_kept_apart,
            dead_letters: dead_letters_are_kept,
            dead_letters: they_are_read_in_pieces_and_one_by_one,
            dead_letters: one_that_is_removed_is_gone_and_its_number_too,
            meta: facts_are_kept,
            meta: facts_are_listed_by_prefix_and_go,
            meta: facts_change_together,
            meta: expired_replies_are_forgotten,
            meta: old_events_are_forgotten_but_the_newest,
            meta: a_bounded_sweep_gets_everywhere,
            meta: events_are_kept_by_number_and_until_they_are_handled,
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

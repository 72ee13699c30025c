//! The suite can fail: a store with one mistake planted in it fails the property that says so.

mod broken;

use std::sync::Arc;

use pizza_store::contract::{
    actors, atomicity, entries, expire, facts, inspection, log, pipelining, reminders, retire,
    streams,
};
use pizza_store::{MemoryStore, Store};

use broken::{Broken, Mistake};

type AnyStore = Arc<dyn Store>;

/// Whether the property holds for a store with the mistake.
async fn holds<F: Future<Output = ()> + Send + 'static>(
    property: fn(AnyStore) -> F,
    mistake: Option<Mistake>,
) -> bool {
    let inner = Arc::new(MemoryStore::new());
    let store = Arc::new(Broken { inner, mistake });
    tokio::spawn(property(store)).await.is_ok()
}

/// The first names the property, the rest the mistakes that it is to find.
macro_rules! found {
    ($($property:path: $($mistake:ident),+;)+) => {
        $(
            assert!(holds($property, None).await, "without a mistake");
            $(
                let name = stringify!($mistake);
                let is_found = !holds($property, Some(Mistake::$mistake)).await;
                assert!(is_found, "{} does not find {name}", stringify!($property));
            )+
        )+
    };
}

#[tokio::test]
async fn every_planted_mistake_is_found() {
    found! {
        actors::an_actor_without_a_record_is_absent_and_takes_no_commit: MakesWhatItOpens;
        actors::of_two_who_found_no_record_one_goes_on: TakesWhatAnyOwnerWrites;
        actors::a_living_owner_keeps_its_actor: TakesFromTheLiving;
        actors::an_actor_is_taken_from_a_living_owner_only_under_the_epoch_that_it_released:
            TakesWhatWasOpenedAgain;
        actors::opening_fences_the_owner_before: KeepsTheEpoch;
        actors::a_message_is_handled_once: ForgetsWhatWasHandled, AnswersARepeatWithNothing;
        actors::a_message_that_is_queued_is_handled_once_too: ForgetsWhatWasHandled;
        actors::a_commit_sent_again_settles_itself: ForgetsWhatWasHandled;
        facts::facts_change_under_a_condition_of_which_one_holds: IgnoresTheCondition;
        facts::several_facts_come_in_the_order_of_their_names: LeavesOutWhatIsMissing;
        atomicity::a_commit_writes_everything:
            ForgetsWhoAsked, SplitsTheEntry, RemindersStayBehind, LosesTheDelayed;
        pipelining::what_is_staged_is_decided: StagesLater, CallsTheRefusedStaged;
        pipelining::behind_the_tail_all_is_durable: StagesLater;
        log::a_commit_leaves_one_entry: SplitsTheEntry, HidesShards;
        log::the_log_keeps_the_order_of_commits: ReadsTheLogBackwards, KeepsWhatArrived;
        log::an_entry_is_relayed_once: RelaysAgain;
        reminders::due_reminders_are_read_in_pieces: ReadsDueFromTheBeginning;
        reminders::reminders_come_with_their_actor: RemindersStayBehind;
        reminders::delayed_messages_keep_their_order: LosesTheDelayed;
        streams::an_event_has_a_place_in_each_of_its_streams: TellsOneStreamOnly;
        streams::positions_have_no_gaps: RelaysAgain;
        entries::an_opening_reads_no_more_than_its_bound: OpensWithEverything, SaysThatIsAll;
        entries::several_are_read_at_once: MixesPlaces;
        entries::a_range_is_read_in_both_directions: ReadsForwardsOnly, ReadsTheEndToo;
        entries::a_range_is_read_in_pieces: ReadsWithoutBound;
        entries::a_view_stays_as_it_was: ShowsWhatCameLater;
        entries::what_was_opened_is_read: HidesTheNewest;
        entries::a_copy_has_all_of_them: CopiesWhatFits;
        inspection::an_actor_is_inspected_without_being_opened: OpensWhatItShows;
        retire::an_actor_is_ended_until_it_says_otherwise:
            EndsForEver, LosesTheEnd, ReadsEndedTooEarly;
        retire::ended_actors_are_read_by_type_and_time: ReadsEndedFromTheBeginning;
        retire::a_retired_actor_leaves_whole: KeepsWhatIsRetired;
        retire::only_what_was_seen_is_retired: RetiresWhatItDidNotSee, AnswersForAll;
        retire::a_retired_actor_says_so: LeavesNoTombstone, KeepsWhatIsRetired;
        retire::tombstones_are_forgotten_in_their_order:
            ForgetsTombstonesEarly, KeepsTombstones;
        retire::no_commit_of_a_former_life_is_taken: TellsNoFloor;
        retire::a_message_of_a_former_life_is_not_handled_again: ForgetsWhatWasHandled;
        retire::those_of_one_shard_are_found_and_forgotten: LosesTheEnd, KeepsTombstones;
        expire::expired_replies_are_forgotten: NeverForgets;
        expire::what_has_expired_goes_with_its_shard: NeverForgets;
        expire::a_silent_key_is_forgotten_unless_somebody_subscribes:
            KeepsTheSilent, ForgetsUnderSubscribers;
    }
}

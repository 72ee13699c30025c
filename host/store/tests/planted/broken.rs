//! A store with a mistake.

mod facts;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use pizza_store::entries::OPENED;
use pizza_store::{
    ActorRecord, ActorStore, Commit, CommitError, CommitTicket, DelayedKey, DelayedRow, DueAfter,
    DueReminder, EndWrite, EndedActor, EndedAfter, EntryView, HandledRow, Inspected,
    InspectionStore, Leaving, LogEntry, LogKey, LogStore, Members, MemoryStore, Opened,
    ReminderStore, Retention, RetireStore, Retirement, Store, StoreError, StoredActor, StoredReply,
};
use pizza_types::{
    ActorId, Durability, EntryLimit, EntryPage, EntryRange, MessageId, ShardId, ShardSet, SiloId,
    StateWrite,
};

/// What the store does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    MakesWhatItOpens,
    TakesWhatAnyOwnerWrites,
    TakesFromTheLiving,
    TakesWhatWasOpenedAgain,
    IgnoresTheCondition,
    LeavesOutWhatIsMissing,
    KeepsTheEpoch,
    ForgetsWhatWasHandled,
    AnswersARepeatWithNothing,
    ForgetsWhoAsked,
    SplitsTheEntry,
    LosesTheDelayed,
    RemindersStayBehind,
    HidesShards,
    ReadsTheLogBackwards,
    KeepsWhatArrived,
    RelaysAgain,
    ReadsDueFromTheBeginning,
    TellsOneStreamOnly,
    OpensWhatItShows,
    NeverForgets,
    KeepsTheSilent,
    ForgetsUnderSubscribers,
    StagesLater,
    CallsTheRefusedStaged,
    OpensWithEverything,
    SaysThatIsAll,
    CopiesWhatFits,
    MixesPlaces,
    ReadsForwardsOnly,
    ReadsTheEndToo,
    ReadsWithoutBound,
    ShowsWhatCameLater,
    HidesTheNewest,
    EndsForEver,
    LosesTheEnd,
    ReadsEndedFromTheBeginning,
    ReadsEndedTooEarly,
    RetiresWhatItDidNotSee,
    AnswersForAll,
    KeepsWhatIsRetired,
    LeavesNoTombstone,
    ForgetsTombstonesEarly,
    KeepsTombstones,
    TellsNoFloor,
}

pub(crate) struct Broken {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) mistake: Option<Mistake>,
}

impl Broken {
    fn does(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }
}

pizza_store::delegate!(Broken, inner: StreamStore, DeadLetterStore);

#[async_trait]
impl ActorStore for Broken {
    async fn open(
        &self,
        actor: &ActorId,
        by: &SiloId,
        members: &Members,
    ) -> Result<Opened, StoreError> {
        let mut members = members.clone();
        if self.does(Mistake::TakesFromTheLiving) {
            members = Members::alone(by);
            members.generation = u64::MAX;
        }
        if self.does(Mistake::TakesWhatWasOpenedAgain)
            && let Some((_, epoch)) = &mut members.released
            && let Some(record) = self.inner.record(actor).await?
        {
            *epoch = record.epoch;
        }
        if self.does(Mistake::KeepsTheEpoch)
            && let Some(stored) = self.inner.copy(actor).await?
        {
            return Ok(Opened::Opened(Box::new(stored)));
        }
        let mut opened = self.inner.open(actor, by, &members).await?;
        if self.does(Mistake::MakesWhatItOpens) && matches!(opened, Opened::Absent { .. }) {
            let made = self.inner.commit(Arc::new(first(actor, by))).await;
            made.expect("there was none");
            opened = self.inner.open(actor, by, &members).await?;
        }
        if let Opened::Opened(stored) = &mut opened {
            if self.does(Mistake::RemindersStayBehind) {
                stored.reminders.clear();
            }
            if self.does(Mistake::OpensWithEverything)
                && let Some(all) = self.inner.copy(actor).await?
            {
                stored.entries = all.entries;
                stored.more = false;
            }
            stored.more &= !self.does(Mistake::SaysThatIsAll);
        }
        if let Opened::Absent { epoch } = &mut opened
            && self.does(Mistake::TellsNoFloor)
        {
            *epoch = 1;
        }
        Ok(opened)
    }

    fn entries(&self, actor: &ActorId) -> Result<Arc<dyn EntryView>, StoreError> {
        Ok(Arc::new(BrokenView {
            taken: self.inner.entries(actor)?,
            store: Arc::clone(&self.inner),
            actor: actor.clone(),
            mistake: self.mistake,
        }))
    }

    fn commit(&self, commit: Arc<Commit>) -> CommitTicket {
        let mut commit = Arc::unwrap_or_clone(commit);
        let is_lost = match commit.ending {
            EndWrite::Keep => false,
            EndWrite::Set(_) => self.does(Mistake::LosesTheEnd),
            EndWrite::Clear => self.does(Mistake::EndsForEver),
        };
        if is_lost {
            commit.ending = EndWrite::Keep;
        }
        if self.does(Mistake::ForgetsWhatWasHandled) {
            commit.handled = None;
        }
        if self.does(Mistake::TakesWhatAnyOwnerWrites) && commit.epoch > 0 {
            // The one who made the record, in the one property that has two of them.
            commit.owner = SiloId("one".into());
        }
        if self.does(Mistake::LosesTheDelayed) {
            commit.delayed.clear();
        }
        if self.does(Mistake::StagesLater) {
            let inner = Arc::clone(&self.inner);
            return CommitTicket::staged(async move { inner.commit(Arc::new(commit)).await });
        }
        let ticket = self.inner.commit(Arc::new(commit));
        if self.does(Mistake::CallsTheRefusedStaged) {
            return CommitTicket::staged(ticket);
        }
        let is_silent = self.does(Mistake::AnswersARepeatWithNothing);
        CommitTicket::undecided(async move {
            match ticket.await {
                Err(CommitError::Handled(mut stored)) if is_silent => {
                    stored.reply = Default::default();
                    Err(CommitError::Handled(stored))
                }
                outcome => outcome,
            }
        })
    }

    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError> {
        let mut found = self.inner.handled(actor, id).await?;
        if let Some(stored) = &mut found
            && self.does(Mistake::ForgetsWhoAsked)
        {
            stored.caller = None;
        }
        Ok(found)
    }
}

struct BrokenView {
    taken: Arc<dyn EntryView>,
    store: Arc<MemoryStore>,
    actor: ActorId,
    mistake: Option<Mistake>,
}

impl BrokenView {
    fn view(&self) -> Result<Arc<dyn EntryView>, StoreError> {
        if self.mistake == Some(Mistake::ShowsWhatCameLater) {
            return self.store.entries(&self.actor);
        }
        Ok(Arc::clone(&self.taken))
    }
}

#[async_trait]
impl EntryView for BrokenView {
    async fn get(
        &self,
        names: &[Arc<str>],
        bytes_max: usize,
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        let mut found = self.view()?.get(names, bytes_max).await?;
        if self.mistake == Some(Mistake::MixesPlaces) {
            found.reverse();
        }
        Ok(found)
    }

    async fn range(&self, range: &EntryRange, limit: EntryLimit) -> Result<EntryPage, StoreError> {
        let (mut range, mut limit) = (range.clone(), limit);
        match self.mistake {
            Some(Mistake::ReadsForwardsOnly) => range.backwards = false,
            Some(Mistake::ReadsTheEndToo) => {
                range.to = range.to.map(|to| format!("{to}\0"));
            }
            Some(Mistake::ReadsWithoutBound) => limit.bytes = usize::MAX,
            _ => {}
        }
        let mut page = self.view()?.range(&range, limit).await?;
        if self.mistake == Some(Mistake::HidesTheNewest) {
            page.entries.pop();
        }
        Ok(page)
    }
}

fn first(actor: &ActorId, by: &SiloId) -> Commit {
    Commit {
        actor: actor.clone(),
        owner: by.clone(),
        epoch: 0,
        version: 0,
        now_ms: 0,
        module: None,
        state: StateWrite::Keep,
        entries: Vec::new(),
        handled: None,
        reminders: Vec::new(),
        delayed: Vec::new(),
        leaving: Leaving::default(),
        cursor: None,
        ending: EndWrite::Keep,
    }
}

#[async_trait]
impl RetireStore for Broken {
    async fn ended(
        &self,
        shards: &ShardSet,
        actor_type: &str,
        after: &EndedAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<EndedActor>, StoreError> {
        let start = EndedAfter::default();
        let from_start = self.does(Mistake::ReadsEndedFromTheBeginning);
        let after = if from_start { &start } else { after };
        let until_ms = if self.does(Mistake::ReadsEndedTooEarly) {
            u64::MAX
        } else {
            until_ms
        };
        self.inner
            .ended(shards, actor_type, after, until_ms, limit)
            .await
    }

    async fn retire(&self, mut retirements: Vec<Retirement>) -> Result<Vec<bool>, StoreError> {
        let count = retirements.len();
        if self.does(Mistake::KeepsWhatIsRetired) {
            return Ok(vec![true; count]);
        }
        for of in &mut retirements {
            let record = self.inner.record(&of.actor).await?;
            if let Some(record) = record.filter(|_| self.does(Mistake::RetiresWhatItDidNotSee)) {
                of.version = record.version;
            }
        }
        let retired = self.inner.retire(retirements).await?;
        if self.does(Mistake::LeavesNoTombstone) {
            self.inner
                .forget_retired(&ShardSet::ALL, u64::MAX, usize::MAX)
                .await?;
        }
        if self.does(Mistake::AnswersForAll) {
            return Ok(vec![true; count]);
        }
        Ok(retired)
    }

    async fn retired(&self, actor: &ActorId) -> Result<Option<u64>, StoreError> {
        self.inner.retired(actor).await
    }

    async fn forget_retired(
        &self,
        shards: &ShardSet,
        until_ms: u64,
        limit: usize,
    ) -> Result<usize, StoreError> {
        if self.does(Mistake::KeepsTombstones) {
            return Ok(0);
        }
        let is_early = self.does(Mistake::ForgetsTombstonesEarly);
        let until_ms = if is_early { u64::MAX } else { until_ms };
        self.inner.forget_retired(shards, until_ms, limit).await
    }
}

#[async_trait]
impl LogStore for Broken {
    fn relays(&self) -> bool {
        self.inner.relays()
    }

    async fn log_shards(&self, of: &ShardSet) -> Result<Vec<ShardId>, StoreError> {
        let mut shards = self.inner.log_shards(of).await?;
        if self.does(Mistake::HidesShards) {
            shards.pop();
        }
        Ok(shards)
    }

    async fn log(
        &self,
        shard: ShardId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let mut entries = self.inner.log(shard, after, limit).await?;
        if self.does(Mistake::ReadsTheLogBackwards) {
            entries.reverse();
        }
        if self.does(Mistake::SplitsTheEntry) {
            let halves = entries.iter().flat_map(|entry| {
                let (mut first, mut second) = (entry.clone(), entry.clone());
                first.leaving.events.clear();
                first.leaving.messages.truncate(1);
                second.leaving.messages.clear();
                [first, second]
            });
            entries = halves.collect();
        }
        Ok(entries)
    }

    async fn relay(&self, entries: &[LogEntry]) -> Result<(), StoreError> {
        static AGAIN: AtomicU64 = AtomicU64::new(1 << 32);
        let mut entries = entries.to_vec();
        for entry in &mut entries {
            if self.does(Mistake::RelaysAgain) {
                entry.key.number = AGAIN.fetch_add(1, Ordering::Relaxed);
            }
            if self.does(Mistake::TellsOneStreamOnly) {
                let events = entry.leaving.events.iter_mut();
                events.for_each(|event| event.keys.truncate(1));
            }
        }
        self.inner.relay(&entries).await
    }

    async fn log_done(&self, keys: Vec<LogKey>) -> Result<(), StoreError> {
        if self.does(Mistake::KeepsWhatArrived) {
            return Ok(());
        }
        self.inner.log_done(keys).await
    }
}

#[async_trait]
impl ReminderStore for Broken {
    async fn reminders_due(
        &self,
        of: &ShardSet,
        after: &DueAfter,
        until_ms: u64,
        limit: usize,
    ) -> Result<Vec<DueReminder>, StoreError> {
        let start = DueAfter::default();
        let from_start = self.does(Mistake::ReadsDueFromTheBeginning);
        // Not without end: the suite reads until a page is not full.
        let limit = if from_start { limit.min(4) } else { limit };
        let after = if from_start { &start } else { after };
        self.inner.reminders_due(of, after, until_ms, limit).await
    }

    async fn delayed(
        &self,
        of: &ShardSet,
        after: Option<&DelayedKey>,
        limit: usize,
    ) -> Result<Vec<DelayedRow>, StoreError> {
        self.inner.delayed(of, after, limit).await
    }

    async fn delayed_done(&self, keys: Vec<DelayedKey>) -> Result<(), StoreError> {
        self.inner.delayed_done(keys).await
    }
}

#[async_trait]
impl InspectionStore for Broken {
    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        self.inner.actors(actor_type, after, limit).await
    }

    async fn record(&self, actor: &ActorId) -> Result<Option<ActorRecord>, StoreError> {
        self.inner.record(actor).await
    }

    async fn copy(&self, actor: &ActorId) -> Result<Option<StoredActor>, StoreError> {
        let mut copy = self.inner.copy(actor).await?;
        if let Some(copy) = &mut copy
            && self.does(Mistake::CopiesWhatFits)
        {
            let entries = std::mem::take(&mut copy.entries).into_iter();
            copy.entries = entries.take(OPENED.entries).collect();
        }
        Ok(copy)
    }

    async fn inspect(
        &self,
        actor: &ActorId,
        reminders_max: usize,
    ) -> Result<Option<Inspected>, StoreError> {
        if self.does(Mistake::OpensWhatItShows) {
            let looker = SiloId("looker".into());
            let members = Members::alone(&looker);
            self.inner.open(actor, &looker, &members).await?;
        }
        self.inner.inspect(actor, reminders_max).await
    }

    async fn all_handled(
        &self,
        actor: &ActorId,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<HandledRow>, StoreError> {
        self.inner.all_handled(actor, after, limit).await
    }
}

#[async_trait]
impl Store for Broken {
    fn durability(&self) -> Durability {
        self.inner.durability()
    }

    async fn expire(
        &self,
        shards: &ShardSet,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError> {
        if self.does(Mistake::NeverForgets) {
            return Ok(0);
        }
        let mut events = events.clone();
        if self.does(Mistake::KeepsTheSilent) {
            events.usual.silent_ms = u64::MAX;
        }
        if self.does(Mistake::ForgetsUnderSubscribers) {
            events.subscribers.clear();
        }
        self.inner.expire(shards, now_ms, &events, limit).await
    }
}

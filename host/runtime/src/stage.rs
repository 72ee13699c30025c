//! What a guest asked for becomes one commit, and what waits behind it. Nothing here
//! waits, and nothing here has happened yet.

use std::sync::Arc;

use bytes::Bytes;
use pizza_clock::Moment;
use pizza_cluster::Delivery;
use pizza_store::{
    Commit, Cursor, DelayedWrite, EndWrite, Handled, Leaving, NewEvent, Reminder, ReminderWrite,
    StoredReply, StreamKey,
};
use pizza_types::{
    ActorId, Body, Chain, Effect, Envelope, LogLine, MessageId, Outcome, SiloId, State, StateWrite,
};

use crate::activation::Activation;
use crate::deployment::Deployment;
use crate::durable_clock::DurableClock;
use crate::reminders;
use crate::timers::TimerChange;

/// What staging must know of the moment.
pub(crate) struct Now<'a> {
    pub(crate) silo: &'a SiloId,
    /// When the turn began, which is the `now` that the guest saw.
    pub(crate) begun: Moment,
    pub(crate) durable: DurableClock,
    pub(crate) delivery: Delivery,
    pub(crate) dedupe_ms: u64,
}

impl Now<'_> {
    /// A delay's end, on the clock that the store's delays are counted on.
    fn after(&self, delay_ms: u64) -> u64 {
        let begun_ms = self.durable.at(self.begun.now_ms);
        begun_ms.saturating_add(delay_ms)
    }
}

/// Everything that leaves the actor when the turn's commit is durable.
pub(crate) struct Outputs {
    pub(crate) actor: ActorId,
    /// The actor's version once the turn is committed.
    pub(crate) version: u64,
    pub(crate) reply: Bytes,
    pub(crate) declined: bool,
    pub(crate) replayed: bool,
    pub(crate) timers: Vec<TimerChange>,
    /// When the turn began: what delays are counted from.
    pub(crate) begun: Moment,
    pub(crate) logs: Vec<LogLine>,
    /// The commit, with the rest of what leaves; `None` for a turn that writes nothing.
    pub(crate) commit: Option<Arc<Commit>>,
    /// The epoch that the commit takes if it is the first of its actor.
    pub(crate) first_epoch: u64,
}

impl Outputs {
    pub(crate) fn empty(actor: &ActorId, version: u64) -> Self {
        Self {
            actor: actor.clone(),
            version,
            reply: Bytes::new(),
            declined: false,
            replayed: false,
            timers: Vec::new(),
            begun: Moment::default(),
            logs: Vec::new(),
            commit: None,
            first_epoch: 0,
        }
    }
}

/// Turns an outcome into a commit. `migrated` is the state under the module's layout, where the
/// stored one was older.
pub(crate) fn stage(
    activation: &Activation,
    envelope: &Envelope,
    outcome: Outcome,
    migrated: Option<State>,
    deployment: &Deployment,
    now: &Now<'_>,
) -> Outputs {
    // A timer is never repeated, and of events the cursor tells which were handled.
    let redelivery = now.delivery == Delivery::Redelivery;
    let durable_id =
        redelivery || matches!(envelope.body, Body::Call { .. } | Body::Reminder { .. });
    let lives_on = outcome.lives_on();
    let state = match (outcome.state, migrated) {
        // A guest that wrote nothing has still brought its state up to date: kept, it is migrated
        // once.
        (StateWrite::Keep, Some(state)) => StateWrite::Set(state),
        (state, _) => state,
    };
    let mut outputs = Outputs::empty(&envelope.target, activation.version);
    let mut commit = Commit {
        actor: envelope.target.clone(),
        owner: now.silo.clone(),
        epoch: activation.epoch,
        version: activation.version,
        now_ms: now.begun.wall_ms,
        module: Some(deployment.guest.digest()),
        state,
        entries: outcome.entries,
        handled: durable_id.then(|| Handled {
            id: envelope.id,
            reply: StoredReply {
                fingerprint: envelope.body.fingerprint(),
                reply: outcome.reply.clone(),
                declined: outcome.declined,
                expires_at_ms: now.begun.wall_ms.saturating_add(now.dedupe_ms),
                title: title(&envelope.body),
                caller: envelope.caller.clone(),
                trace: envelope.trace.clone(),
            },
        }),
        reminders: Vec::new(),
        delayed: Vec::new(),
        leaving: Leaving::default(),
        cursor: cursor(envelope).filter(|_| !redelivery),
        // Taken back by what changes something, unless the same turn says it again.
        ending: match activation.ended_ms {
            Some(_) if lives_on => EndWrite::Clear,
            _ => EndWrite::Keep,
        },
    };
    for effect in outcome.effects {
        stage_effect(effect, envelope, now, &mut commit, &mut outputs);
    }
    if !redelivery {
        advance_reminder(activation, envelope, &mut commit);
    }

    outputs.reply = outcome.reply;
    outputs.declined = outcome.declined;
    outputs.logs = outcome.logs;
    outputs.begun = now.begun;
    // A turn that writes nothing costs no write; its version is the one before.
    if !changes_nothing(&commit) {
        outputs.version = activation.version + 1;
        outputs.first_epoch = activation.first_epoch;
        outputs.commit = Some(Arc::new(commit));
    }
    outputs
}

fn cursor(envelope: &Envelope) -> Option<Cursor> {
    let Body::Events { stream, events } = &envelope.body else {
        return None;
    };
    let position = events.last()?.position;
    Some(Cursor {
        subscriber: Arc::clone(envelope.target.actor_type()),
        stream: Arc::clone(stream),
        key: Arc::clone(envelope.target.key()),
        position,
    })
}

/// What was asked, for the history of the actor; no more words than the method has.
fn title(body: &Body) -> Arc<str> {
    match body {
        Body::Call { method, .. } => Arc::clone(method),
        other => other.title().into(),
    }
}

fn changes_nothing(commit: &Commit) -> bool {
    commit.handled.is_none()
        && commit.cursor.is_none()
        && matches!(commit.state, StateWrite::Keep)
        && commit.entries.is_empty()
        && commit.delayed.is_empty()
        && commit.reminders.is_empty()
        && commit.leaving.is_empty()
        && commit.ending == EndWrite::Keep
}

fn stage_effect(
    effect: Effect,
    envelope: &Envelope,
    now: &Now<'_>,
    commit: &mut Commit,
    outputs: &mut Outputs,
) {
    match effect {
        Effect::Send {
            target,
            method,
            arguments,
            delay_ms,
        } => {
            let body = Body::Call { method, arguments };
            let (index, envelope) = message(envelope, commit, target, body);
            // What waits for nothing waits for no clock either, also after a restart.
            if delay_ms == 0 {
                commit.leaving.messages.push(envelope);
                return;
            }
            commit.delayed.push(DelayedWrite {
                index,
                not_before_ms: now.after(delay_ms),
                envelope,
            });
        }
        Effect::Publish {
            stream,
            key,
            payload,
        } => publish(commit, StreamKey { stream, key }, payload),
        Effect::SetReminder {
            name,
            delay_ms,
            period_ms,
            policy,
        } => {
            let reminder = Reminder {
                due_ms: now.after(delay_ms),
                period_ms,
                policy,
                version: commit.version + 1,
            };
            write_reminder(commit, name, Some(reminder));
        }
        Effect::CancelReminder { name } => write_reminder(commit, name, None),
        Effect::SetTimer {
            name,
            delay_ms,
            period_ms,
        } => {
            let set = Some((delay_ms, period_ms));
            outputs.timers.push(TimerChange { name, set });
        }
        Effect::CancelTimer { name } => outputs.timers.push(TimerChange { name, set: None }),
        Effect::End => commit.ending = EndWrite::Set(now.after(0)),
    }
}

/// Stages a change of a reminder; of several of one name the last one counts.
fn write_reminder(commit: &mut Commit, name: Arc<str>, reminder: Option<Reminder>) {
    commit.reminders.retain(|write| write.name != name);
    commit.reminders.push(ReminderWrite { name, reminder });
}

/// Stages an event. One that is told to several streams in a row is one event of all of them.
fn publish(commit: &mut Commit, of: StreamKey, payload: Bytes) {
    let events = &mut commit.leaving.events;
    if let Some(last) = events.last_mut()
        && last.payload == payload
        && !last.keys.contains(&of)
    {
        return last.keys.push(of);
    }
    events.push(NewEvent {
        keys: vec![of],
        payload,
    });
}

/// The reminder that fired moves on in the same commit that handles it, unless the guest
/// has set or cancelled it itself.
fn advance_reminder(activation: &Activation, envelope: &Envelope, commit: &mut Commit) {
    let Body::Reminder { name, missed, .. } = &envelope.body else {
        return;
    };
    if commit.reminders.iter().any(|write| write.name == *name) {
        return;
    }
    let version = commit.version + 1;
    let fired = activation.reminder(name);
    let next = fired.and_then(|fired| reminders::next(fired, *missed, version));
    write_reminder(commit, Arc::clone(name), next);
}

/// A message that the turn sends, and its place among those of its commit.
fn message(cause: &Envelope, commit: &Commit, target: ActorId, body: Body) -> (u32, Envelope) {
    let version = commit.version + 1;
    let before = commit.leaving.messages.len() + commit.delayed.len();
    let index = u32::try_from(before).unwrap_or(u32::MAX);
    let name = cause.target.to_string();
    let parts: [&[u8]; 3] = [
        name.as_bytes(),
        &version.to_le_bytes(),
        &index.to_le_bytes(),
    ];
    let envelope = Envelope {
        target,
        body,
        // From where it stands, not by chance: delivered again after a restart, it is the same
        // message.
        id: MessageId::derive("effect", &parts),
        // A durable message has no deadline of its own; each delivery gets one.
        deadline_ms: u64::MAX,
        chain: Chain::default(),
        caller: Some(cause.target.clone()),
        trace: cause.trace.clone(),
    };
    (index, envelope)
}

//! What a guest asked for becomes one commit, and what waits behind it. Nothing here
//! waits, and nothing here has happened yet.

use std::sync::Arc;

use bytes::Bytes;
use pizza_store::ReminderWrite;
use pizza_store::{Commit, Cursor, Handled, NewEvent, OutboxKey, OutboxRow, OutboxWrite, Reminder};
use pizza_types::{
    ActorId, Body, CallError, Chain, Effect, Envelope, LogLine, MessageId, Outcome, Reply, SiloId,
    State, StateWrite,
};
use tokio::sync::oneshot;

use crate::activation::Activation;
use crate::clock::Moment;
use crate::deployment::Deployment;
use crate::durable_clock::DurableClock;
use crate::reminders;
use crate::slot::Delivery;
use crate::timers::TimerChange;

/// What staging must know of the moment.
pub(crate) struct Now<'a> {
    pub(crate) silo: &'a SiloId,
    /// When the turn began, which is the `now` that the guest saw.
    pub(crate) begun: Moment,
    pub(crate) durable: DurableClock,
    pub(crate) delivery: Delivery,
    pub(crate) dedupe_ms: u64,
    /// The reminder that this turn handles; `None` for any other message.
    pub(crate) reminder: Option<Reminder>,
}

impl Now<'_> {
    /// A delay's end, on the clock that the store's delays are counted on.
    fn after(&self, delay_ms: u64) -> u64 {
        let begun_ms = self.durable.at(self.begun.now_ms);
        begun_ms.saturating_add(delay_ms)
    }
}

pub(crate) struct Staged {
    pub(crate) commit: Option<Commit>,
    pub(crate) outputs: Outputs,
}

/// Everything that leaves the actor when the turn's commit is durable.
pub(crate) struct Outputs {
    pub(crate) actor: ActorId,
    /// The actor's version once the turn is committed.
    pub(crate) version: u64,
    /// The epoch under which it is committed; 0 for a commit that claims.
    pub(crate) epoch: u64,
    pub(crate) message: MessageId,
    /// Where the reply goes; `None` when nobody waits.
    pub(crate) reply_to: Option<oneshot::Sender<Result<Reply, CallError>>>,
    pub(crate) reply: Bytes,
    pub(crate) declined: bool,
    pub(crate) replayed: bool,
    pub(crate) sends: Vec<OutboxRow>,
    pub(crate) reminders: Vec<ReminderWrite>,
    pub(crate) timers: Vec<TimerChange>,
    pub(crate) events: Vec<NewEvent>,
    /// When the events happened, and what delays are counted from.
    pub(crate) begun: Moment,
    pub(crate) logs: Vec<LogLine>,
}

impl Outputs {
    pub(crate) fn empty(envelope: &Envelope, version: u64) -> Self {
        Self {
            actor: envelope.target.clone(),
            version,
            epoch: 0,
            message: envelope.id,
            reply_to: None,
            reply: Bytes::new(),
            declined: false,
            replayed: false,
            sends: Vec::new(),
            reminders: Vec::new(),
            timers: Vec::new(),
            events: Vec::new(),
            begun: Moment::default(),
            logs: Vec::new(),
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
) -> Staged {
    // A timer is never repeated, and of events the cursor tells which were handled.
    let redelivery = now.delivery == Delivery::Redelivery;
    let durable_id =
        redelivery || matches!(envelope.body, Body::Call { .. } | Body::Reminder { .. });
    let state = match (outcome.state, migrated) {
        // A guest that wrote nothing has still brought its state up to date: kept, it is migrated
        // once.
        (StateWrite::Keep, Some(state)) => StateWrite::Set(state),
        (state, _) => state,
    };
    let mut outputs = Outputs::empty(envelope, activation.version);
    let mut commit = Commit {
        actor: envelope.target.clone(),
        owner: now.silo.clone(),
        epoch: activation.epoch,
        version: activation.version,
        now_ms: now.begun.wall_ms,
        module: Some(deployment.module.digest()),
        state,
        entries: outcome.entries,
        handled: durable_id.then(|| Handled {
            id: envelope.id,
            fingerprint: envelope.body.fingerprint(),
            reply: outcome.reply.clone(),
            declined: outcome.declined,
            expires_at_ms: now.begun.wall_ms.saturating_add(now.dedupe_ms),
        }),
        outbox: Vec::new(),
        reminders: Vec::new(),
        events: Vec::new(),
        cursor: cursor(envelope).filter(|_| !redelivery),
    };
    for effect in outcome.effects {
        stage_effect(effect, envelope, now, &mut commit, &mut outputs);
    }
    if !redelivery {
        advance_reminder(envelope, now, &mut commit);
    }

    outputs.reply = outcome.reply;
    outputs.declined = outcome.declined;
    outputs.logs = outcome.logs;
    outputs.reminders.clone_from(&commit.reminders);
    outputs.events.clone_from(&commit.events);
    outputs.begun = now.begun;
    // A turn that writes nothing costs no write; its version is the one before.
    if changes_nothing(&commit) {
        return Staged {
            commit: None,
            outputs,
        };
    }
    outputs.version = activation.version + 1;
    outputs.epoch = activation.epoch;
    Staged {
        commit: Some(commit),
        outputs,
    }
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

fn changes_nothing(commit: &Commit) -> bool {
    commit.handled.is_none()
        && commit.cursor.is_none()
        && matches!(commit.state, StateWrite::Keep)
        && commit.entries.is_empty()
        && commit.outbox.is_empty()
        && commit.reminders.is_empty()
        && commit.events.is_empty()
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
            // What waits for nothing waits for no clock either, also after a restart.
            let not_before_ms = match delay_ms {
                0 => 0,
                delay_ms => now.after(delay_ms),
            };
            let row = outbox_row(envelope, commit, target, body, not_before_ms);
            commit.outbox.push(OutboxWrite {
                index: row.key.index,
                not_before_ms: row.not_before_ms,
                envelope: row.envelope.clone(),
            });
            outputs.sends.push(row);
        }
        Effect::Publish {
            stream,
            key,
            payload,
        } => {
            commit.events.push(NewEvent {
                stream,
                key,
                payload,
            });
        }
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
    }
}

/// Stages a change of a reminder; of several of one name the last one counts.
fn write_reminder(commit: &mut Commit, name: Arc<str>, reminder: Option<Reminder>) {
    commit.reminders.retain(|write| write.name != name);
    commit.reminders.push(ReminderWrite { name, reminder });
}

/// The reminder that fired moves on in the same commit that handles it, unless the guest
/// has set or cancelled it itself.
fn advance_reminder(envelope: &Envelope, now: &Now<'_>, commit: &mut Commit) {
    let Body::Reminder { name, missed, .. } = &envelope.body else {
        return;
    };
    if commit.reminders.iter().any(|write| write.name == *name) {
        return;
    }
    let version = commit.version + 1;
    let fired = now.reminder.as_ref();
    let next = fired.and_then(|fired| reminders::next(fired, *missed, version));
    write_reminder(commit, Arc::clone(name), next);
}

fn outbox_row(
    cause: &Envelope,
    commit: &Commit,
    target: ActorId,
    body: Body,
    not_before_ms: u64,
) -> OutboxRow {
    let actor = cause.target.clone();
    let version = commit.version + 1;
    let index = u32::try_from(commit.outbox.len()).unwrap_or(u32::MAX);
    let name = actor.to_string();
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
        caller: Some(actor.clone()),
        trace: cause.trace.clone(),
    };
    let shard = actor.shard();
    OutboxRow {
        key: OutboxKey {
            shard,
            actor,
            version,
            index,
        },
        not_before_ms,
        envelope,
    }
}

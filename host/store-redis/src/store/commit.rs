//! A commit as the script takes it.

use std::sync::Arc;

use pizza_store::apply::{check_names, delayed_key};
use pizza_store::{Commit, CommitError, CommitTicket, Committed, EndWrite, StoreError};
use pizza_types::{Durability, ShardId, StateWrite};
use redis::{Cmd, Value};

use super::{RedisStore, call};
use crate::key;
use crate::options::Rollback;
use crate::queues::{Answer, LaneError};
use crate::tag::Tag;
use crate::told::behind;
use crate::value::{array, bytes, decode, encode, number, text};

impl RedisStore {
    pub(super) fn commit_by_script(&self, commit: &Commit) -> CommitTicket {
        if let Err(error) = check_names(commit) {
            return CommitTicket::undecided(std::future::ready(Err(error)));
        }
        let command = match self.command(commit) {
            Ok(command) => command,
            Err(error) => {
                let detail = error.to_string();
                let refused = Err(CommitError::Refused { detail });
                return CommitTicket::undecided(std::future::ready(refused));
            }
        };
        let (rollbacks, shard) = (Arc::clone(&self.rollbacks), commit.actor.shard());
        // Only where a shard that went back goes on by itself may it be needed again.
        let again = (rollbacks.rollback == Rollback::Accept).then(|| command.clone());
        let answer = self.queue(shard, command);
        let (durability, ours) = (self.durability, (commit.epoch, commit.version));
        CommitTicket::undecided(async move {
            let (mut what, mut count) = said(answer.await)?;
            if what.0 == "behind"
                && let Some(command) = again
                && rollbacks.goes_on(shard).await.map_err(not_taken)?
            {
                (what, count) = said(rollbacks.lanes.ask(Tag::from(shard), command).await)?;
            }
            rollbacks.told.note(shard, count);
            outcome(what, durability, ours, shard)
        })
    }

    /// The command that a commit is, for whoever measures what a client reaches that does nothing else. It names
    /// the script by its hash, which a server knows that this store has connected to.
    ///
    /// # Errors
    /// When something of it cannot be encoded.
    pub fn command(&self, commit: &Commit) -> Result<Cmd, StoreError> {
        let id = &commit.actor;
        let mut command = call(&self.scripts.commit, &keys(commit));
        command
            .arg(id.to_string())
            .arg(commit.epoch)
            .arg(commit.version)
            .arg(&*commit.owner.0)
            .arg(commit.version.wrapping_add(1));
        command.arg(commit.module.map_or(Vec::new(), |module| module.0.to_vec()));
        let (what, state) = match &commit.state {
            StateWrite::Keep => ("k", Vec::new()),
            StateWrite::Set(state) => ("s", encode(state)?),
            StateWrite::Clear => ("c", Vec::new()),
        };
        command.arg(what).arg(state);
        match &commit.handled {
            Some(handled) => {
                let reply = encode(&handled.reply)?;
                command.arg(handled.id.to_string()).arg(reply);
                command.arg(handled.reply.expires_at_ms);
            }
            None => {
                command.arg("").arg("").arg("");
            }
        }
        match commit.ending {
            EndWrite::Keep => command.arg("k"),
            EndWrite::Clear => command.arg("c"),
            EndWrite::Set(at_ms) => command.arg(at_ms),
        };
        if commit.leaving.is_empty() {
            command.arg("");
        } else {
            let version = commit.version.wrapping_add(1);
            command.arg(encode(&(id, version, commit.now_ms, &commit.leaving))?);
        }
        match &commit.cursor {
            Some(cursor) => {
                let name = key::cursor(&cursor.stream, &cursor.key, &cursor.subscriber);
                command.arg(name).arg(cursor.position);
            }
            None => {
                command.arg("").arg("");
            }
        }
        command.arg(&**id.key());
        command.arg(self.told.of(id.shard()));
        rows(&mut command, commit)?;
        Ok(command)
    }
}

/// All keys that the script touches, in its order. A server that gives the slot away runs it only if it
/// has all of them; so where a row is not touched, the actor's key stands again.
fn keys(commit: &Commit) -> [String; 11] {
    let (shard, actor) = (commit.actor.shard(), key::actor(&commit.actor));
    let of = |is_touched: bool, what: &str| {
        if is_touched {
            key::of_shard(shard, what)
        } else {
            actor.clone()
        }
    };
    let actor_type = commit.actor.actor_type();
    let is_handled = commit.handled.is_some();
    [
        actor.clone(),
        key::of_shard(shard, "c"),
        key::of_shard(shard, "x"),
        of(is_handled, "d"),
        of(is_handled, "D"),
        of(commit.epoch == 0, &format!("t:{actor_type}")),
        of(commit.ending != EndWrite::Keep, &format!("E:{actor_type}")),
        of(!commit.reminders.is_empty(), "r"),
        of(!commit.delayed.is_empty(), "w"),
        of(commit.cursor.is_some(), "u"),
        of(!commit.leaving.is_empty(), "l"),
    ]
}

/// The rows of which a commit may have many.
fn rows(command: &mut Cmd, commit: &Commit) -> Result<(), StoreError> {
    command.arg(commit.entries.len());
    for write in &commit.entries {
        command.arg(&*write.name);
        match &write.bytes {
            Some(bytes) => command.arg("s").arg(&**bytes),
            None => command.arg("r").arg(""),
        };
    }
    command.arg(commit.reminders.len());
    for write in &commit.reminders {
        command.arg(&*write.name);
        match &write.reminder {
            Some(reminder) => command.arg("s").arg(reminder.due_ms).arg(encode(reminder)?),
            None => command.arg("r").arg("").arg(""),
        };
    }
    command.arg(commit.delayed.len());
    for write in &commit.delayed {
        let key = delayed_key(&commit.actor, commit.version.wrapping_add(1), write.index);
        command.arg(key::delayed(&key));
        command.arg(encode(&(&key, write.not_before_ms, &write.envelope))?);
    }
    Ok(())
}

/// What the script said, in a word and its more, and the shard's count after it, which is 0 unless the
/// commit was taken.
fn said(answer: Answer) -> Result<((String, Value), u64), CommitError> {
    let value = answer.map_err(|error| match error {
        LaneError::Lost(detail) => CommitError::Unknown { detail },
        LaneError::NotSent(detail) | LaneError::Refused(detail) => CommitError::Refused { detail },
    })?;
    let mut said = array(value).into_iter();
    let what = said.next().and_then(text).ok_or_else(unknown)?;
    let more = said.next().unwrap_or(Value::Nil);
    let count = said.next().and_then(number).unwrap_or(0);
    Ok(((what, more), count))
}

/// What could not be done before the commit was asked for again: it was refused, and stays so.
fn not_taken(error: LaneError) -> CommitError {
    CommitError::Refused {
        detail: error.to_string(),
    }
}

fn unknown() -> CommitError {
    CommitError::Unknown {
        detail: "the script said what it never says".to_owned(),
    }
}

fn outcome(
    (what, more): (String, Value),
    durability: Durability,
    (epoch, version): (u64, u64),
    shard: ShardId,
) -> Result<Committed, CommitError> {
    Err(match what.as_str() {
        "taken" => {
            let log = number(more);
            return Ok(Committed { durability, log });
        }
        "behind" => CommitError::Refused {
            detail: behind(shard),
        },
        "handled" => {
            let row = bytes(more).ok_or_else(unknown)?;
            CommitError::Handled(Box::new(decode(&row).map_err(|_| unknown())?))
        }
        "retired" => CommitError::Retired {
            at_ms: number(more).ok_or_else(unknown)?,
        },
        "fenced" => CommitError::Fenced {
            ours: epoch,
            current: number(more).ok_or_else(unknown)?,
        },
        "stale" => CommitError::Stale {
            ours: version,
            current: number(more).ok_or_else(unknown)?,
        },
        _ => unknown(),
    })
}

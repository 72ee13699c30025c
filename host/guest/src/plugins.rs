//! Which plugin is bound to which actor, and what asking it comes to.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use pizza_types::{ActorId, LogLevel, LogLine};
use tokio::task::JoinSet;

use crate::consult::{Consult, Failure};
use crate::error::GuestError;
use crate::log;
use crate::plugin::Plugin;

/// The time for one question, from the wait for an instance to the answer. Of it, the plugin may
/// compute for a tenth.
const ASK_WAIT: Duration = Duration::from_millis(50);
/// Log lines of one binding in each [`LOG_WINDOW`]; further ones are counted and dropped.
const LINES_MAX: u32 = 20;
/// The stretch of time over which log lines are counted.
const LOG_WINDOW: Duration = Duration::from_secs(1);

/// Readers take a clone of the pointer and are never in the way of a change.
#[derive(Default)]
pub struct Plugins {
    bound: RwLock<HashMap<ActorId, Arc<Bound>>>,
}

/// A plugin as it is bound to one actor.
pub struct Bound {
    name: String,
    plugin: Arc<Plugin>,
    stats: Mutex<PluginStats>,
    log_limit: Mutex<LogLimit>,
}

/// How a plugin has done since it was bound or the silo started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginStats {
    pub asked: u64,
    pub failed: u64,
    /// Questions that failed for want of time or room, which says nothing of the plugin.
    pub busy: u64,
    /// The longest time from a question to its answer or failure.
    pub longest: Duration,
    /// Why the last failed question failed; `None` when none has.
    pub last_failure: Option<String>,
}

struct LogLimit {
    since: Instant,
    lines: u32,
    dropped: u64,
}

impl Plugins {
    /// Binds a plugin in the place of what was bound before; questions that were asked already
    /// are answered by the old one. `name` is how the actor sees the binding.
    pub fn bind(&self, actor: ActorId, name: String, plugin: Arc<Plugin>) {
        let bound = Bound {
            name,
            plugin,
            stats: Mutex::default(),
            log_limit: Mutex::new(LogLimit::new()),
        };
        self.bound.write().insert(actor, Arc::new(bound));
    }

    /// Takes the binding away, and says whether there was one.
    pub fn unbind(&self, actor: &ActorId) -> bool {
        self.bound.write().remove(actor).is_some()
    }

    #[must_use]
    pub fn find(&self, actor: &ActorId) -> Option<Arc<Bound>> {
        self.bound.read().get(actor).cloned()
    }

    /// The plugin of this digest, if it is bound to any actor: it need not be loaded again.
    #[must_use]
    pub fn loaded(&self, digest: pizza_types::ModuleDigest) -> Option<Arc<Plugin>> {
        let bound = self.bound.read();
        let mut plugins = bound.values().map(|bound| &bound.plugin);
        plugins.find(|plugin| plugin.digest() == digest).cloned()
    }
}

#[async_trait]
impl Consult for Plugins {
    fn bound(&self, actor: &ActorId) -> Option<String> {
        self.find(actor).map(|bound| bound.name.clone())
    }

    async fn consult(
        &self,
        actor: &ActorId,
        function: Arc<str>,
        arguments: Bytes,
        wait: Duration,
    ) -> Result<String, Failure> {
        match self.find(actor) {
            Some(bound) => bound.consult(actor, function, arguments, wait).await,
            None => Err(Failure::Unbound),
        }
    }
}

impl Bound {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn stats(&self) -> PluginStats {
        self.stats.lock().clone()
    }

    /// Asks the plugin, on a task of its own: what it computes is not the asking actor's CPU
    /// time.
    async fn consult(
        self: &Arc<Self>,
        actor: &ActorId,
        function: Arc<str>,
        arguments: Bytes,
        wait: Duration,
    ) -> Result<String, Failure> {
        let begun = Instant::now();
        let deadline = begun + wait.min(ASK_WAIT);
        let (bound, who) = (Arc::clone(self), actor.clone());
        // Dropped with the turn that asks, and the task with it.
        let mut task = JoinSet::new();
        task.spawn(async move {
            let plugin = &bound.plugin;
            plugin.call(who, function, arguments, deadline).await
        });
        let (answer, said) = match task.join_next().await {
            Some(Ok(answered)) => answered,
            _ => (Err(GuestError::Trap("its task ended".to_owned())), vec![]),
        };
        let answer = answer
            .map(|reply| String::from_utf8_lossy(&reply).into_owned())
            .map_err(failure);
        self.write_log(actor, said, answer.is_ok());
        self.stats.lock().count(&answer, begun.elapsed());
        answer
    }

    fn write_log(&self, actor: &ActorId, mut lines: Vec<LogLine>, well: bool) {
        self.log_limit.lock().cut(&mut lines);
        for line in &mut lines {
            // The line is written under the actor's name: it must not pass for the actor's own.
            line.message.insert_str(0, "plugin: ");
        }
        let turn = if well {
            log::Turn::Committed
        } else {
            log::Turn::Failed
        };
        log::write(actor, &lines, turn);
    }
}

impl PluginStats {
    fn count(&mut self, answer: &Result<String, Failure>, took: Duration) {
        self.asked += 1;
        self.longest = self.longest.max(took);
        match answer {
            Ok(_) => {}
            Err(Failure::Busy(_)) => self.busy += 1,
            // Never counted: without a binding there is nothing to count for.
            Err(Failure::Unbound) => {}
            Err(Failure::Unfit(why) | Failure::Failed(why)) => {
                self.failed += 1;
                self.last_failure = Some(why.clone());
            }
        }
    }
}

fn failure(error: GuestError) -> Failure {
    let text = format!("{}: {error}", error.bound());
    match error {
        GuestError::UnknownMethod { .. } | GuestError::BadArguments { .. } => Failure::Unfit(text),
        // A plugin waits for nothing: what it did not get was a processor.
        GuestError::Deadline | GuestError::NoInstance { .. } => Failure::Busy(text),
        _ => Failure::Failed(text),
    }
}

impl LogLimit {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            lines: 0,
            dropped: 0,
        }
    }

    fn cut(&mut self, lines: &mut Vec<LogLine>) {
        if lines.is_empty() {
            return;
        }
        let mut notice = None;
        if self.since.elapsed() >= LOG_WINDOW {
            let dropped = std::mem::replace(self, Self::new()).dropped;
            notice = (dropped > 0).then(|| format!("{dropped} log lines were dropped"));
        }
        let room = LINES_MAX.saturating_sub(self.lines) as usize;
        self.dropped += lines.len().saturating_sub(room) as u64;
        lines.truncate(room);
        self.lines += u32::try_from(lines.len()).unwrap_or(u32::MAX);
        lines.extend(notice.map(|message| LogLine {
            level: LogLevel::Warn,
            message,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> Vec<LogLine> {
        let line = LogLine {
            level: LogLevel::Info,
            message: "tick".to_owned(),
        };
        vec![line; count]
    }

    #[test]
    fn a_flood_is_cut_and_told_of_later() {
        let mut limit = LogLimit::new();
        let mut passed = 0;
        for _ in 0..10 {
            let mut said = lines(7);
            limit.cut(&mut said);
            passed += said.len();
        }
        assert_eq!(passed, LINES_MAX as usize);
        limit.since -= LOG_WINDOW;
        let mut said = lines(1);
        limit.cut(&mut said);
        let messages: Vec<_> = said.iter().map(|line| line.message.as_str()).collect();
        assert_eq!(messages, ["tick", "50 log lines were dropped"]);
        limit.since -= LOG_WINDOW;
        let mut said = lines(1);
        limit.cut(&mut said);
        assert_eq!(said.len(), 1, "that was told once");
    }
}

//! A module that serves an actor type.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use pizza_guest::Guest;
use pizza_guest::follow::{self, Ended, How, Told};
use pizza_types::{Body, CallError, Envelope, Outcome};

use crate::breaker::{self, Breaker, BreakerState, Permit};
use crate::failed_turns::FailedTurns;
use crate::metrics::TurnMetrics;
use crate::module_stats::ModuleStats;
use crate::settings::Policy;

/// One module that serves an actor type, with all that is known of its work. During a
/// canary a type has two of them.
pub struct Deployment {
    pub actor_type: Arc<str>,
    pub guest: Arc<dyn Guest>,
    pub policy: Policy,
    /// The circuit breaker, as old as the module: a new one is not to blame for its predecessor.
    pub(crate) breaker: Breaker,
    pub(crate) metrics: TurnMetrics,
    pub(crate) failed_turns: FailedTurns,
    /// What the module has done since it serves.
    pub stats: ModuleStats,
    /// How many messages to stateless workers are at work.
    pub(crate) computing: AtomicUsize,
}

impl Deployment {
    #[must_use]
    pub fn new(guest: Arc<dyn Guest>, policy: Policy) -> Arc<Self> {
        let actor_type = Arc::clone(guest.actor_type());
        Arc::new(Self {
            metrics: TurnMetrics::of(&actor_type),
            actor_type,
            guest,
            policy,
            breaker: Breaker::default(),
            failed_turns: FailedTurns::default(),
            stats: ModuleStats::default(),
            computing: AtomicUsize::new(0),
        })
    }

    /// Whether a message only reads.
    ///
    /// # Errors
    /// When it is a call of a method that there is not.
    pub(crate) fn is_query(&self, body: &Body) -> Result<bool, CallError> {
        let Body::Call { method, .. } = body else {
            return Ok(false);
        };
        let found = self.guest.is_query(method);
        found.ok_or_else(|| self.unknown_method(method))
    }

    fn unknown_method(&self, method: &str) -> CallError {
        let mut known = self.guest.method_names();
        known.sort_unstable();
        CallError::UnknownMethod {
            actor_type: self.actor_type.to_string(),
            method: method.to_owned(),
            known: known.join(", "),
        }
    }

    /// # Errors
    /// While turns of this type are not begun, because all of them failed lately.
    pub(crate) fn admit(&self, now_ms: u64) -> Result<Permit, CallError> {
        let permit = self.breaker.admit(&self.policy.breaker, now_ms);
        permit.map_err(|retry_after_ms| self.open(retry_after_ms))
    }

    /// Like [`admit`](Self::admit), before the message is queued: what would be refused need
    /// not wait first.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    pub(crate) fn refuse_if_open(&self, now_ms: u64) -> Result<(), CallError> {
        let checked = self.breaker.check(now_ms);
        checked.map_err(|retry_after_ms| self.open(retry_after_ms))
    }

    /// Tells the breaker how the turn of this permit ended.
    pub(crate) fn record(&self, permit: Permit, outcome: breaker::Outcome, now_ms: u64) {
        let limits = &self.policy.breaker;
        match self.breaker.record(limits, permit, outcome, now_ms) {
            Some(BreakerState::Open { left_ms }) => {
                tracing::warn!(actor_type = %self.actor_type, left_ms, "its turns fail: no more of them for now");
            }
            Some(_) => tracing::info!(actor_type = %self.actor_type, "its turns are begun again"),
            None => {}
        }
    }

    /// Tells of a turn that has ended: the log if it failed, and whoever looks at the type.
    /// `how` says it of an outcome that is none of the module's failures.
    pub(crate) fn tell<T>(
        &self,
        envelope: &Envelope,
        outcome: &Result<T, CallError>,
        how: impl FnOnce(&T) -> How,
        took: Duration,
        now_ms: u64,
    ) {
        self.failed_turns.report(envelope, outcome, now_ms);
        follow::tell(&self.actor_type, || {
            Told::Turn(Ended {
                actor: envelope.target.clone(),
                what: envelope.body.title(),
                message_id: envelope.id,
                caller: envelope.caller.clone(),
                how: match outcome {
                    Ok(outcome) => how(outcome),
                    Err(error) => How::Failed(error.to_string()),
                },
                took,
            })
        });
    }

    /// How a turn ended that the guest has ended itself.
    pub(crate) fn how(outcome: &Outcome) -> How {
        if outcome.declined {
            How::Declined
        } else {
            How::Handled
        }
    }

    fn open(&self, retry_after_ms: u64) -> CallError {
        CallError::Overloaded {
            what: format!("turns of actor type {:?} keep failing", self.actor_type),
            retry_after_ms,
        }
    }
}

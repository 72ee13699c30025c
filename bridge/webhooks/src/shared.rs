//! What all tasks of a webhook have in common, and how it goes.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_client::Client;
use pizza_client::lease::LeaseClaim;
use pizza_client::webhooks::WebhookState;
use tokio::sync::watch;

use crate::destination::shown;
use crate::endpoint::Endpoint;
use crate::metrics;

/// The longest text of an error that is kept.
const ERROR_BYTES_MAX: usize = 500;

pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) endpoint: Arc<Endpoint>,
    /// Under which cursors move and notes are written.
    pub(crate) claim: LeaseClaim,
    standing: Mutex<Standing>,
    /// Whether anything is posted.
    on: watch::Sender<bool>,
}

struct Standing {
    state: WebhookState,
    /// Of each key how far it is behind, and how often what it is at was tried in vain.
    keys: HashMap<Arc<str>, Behind>,
    /// Not written since.
    is_changed: bool,
}

#[derive(Clone, Copy, Default)]
struct Behind {
    events: u64,
    attempts: u32,
}

impl Shared {
    /// Goes on from how it stood, where that is known.
    pub(crate) fn new(
        client: Client,
        endpoint: Arc<Endpoint>,
        claim: LeaseClaim,
        known: Option<WebhookState>,
    ) -> Self {
        let config = &endpoint.config;
        let state = WebhookState {
            name: config.name.clone(),
            url: shown(&config.url),
            stream: config.stream.clone(),
            lag: 0,
            attempts: 0,
            ..known.unwrap_or_default()
        };
        let on = watch::Sender::new(state.off_because.is_none());
        let standing = Standing {
            state,
            keys: HashMap::new(),
            is_changed: true,
        };
        Self {
            client,
            endpoint,
            claim,
            standing: Mutex::new(standing),
            on,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.endpoint.config.name
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.client.transport().now_ms()
    }

    pub(crate) fn on(&self) -> watch::Receiver<bool> {
        self.on.subscribe()
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.standing.lock().state.has_begun
    }

    pub(crate) fn begun(&self) {
        self.change(|standing| standing.state.has_begun = true);
    }

    /// Nothing more is posted until an operator says so.
    pub(crate) fn switch_off(&self, why: &str) {
        let name = self.name();
        tracing::warn!(
            webhook = name,
            why,
            "the receiver is gone: nothing more is posted"
        );
        self.change(|standing| standing.state.off_because = Some(why.to_owned()));
        self.on.send_replace(false);
    }

    pub(crate) fn switch_on(&self) {
        self.change(|standing| standing.state.off_because = None);
        self.on.send_replace(true);
    }

    pub(crate) fn delivered(&self) {
        metrics::attempted(self.name(), "acknowledged");
        let now_ms = self.now_ms();
        self.change(|standing| {
            standing.state.delivered += 1;
            standing.state.last_delivery_ms = Some(now_ms);
        });
    }

    pub(crate) fn failed(&self, error: &str) {
        metrics::attempted(self.name(), "failed");
        let now_ms = self.now_ms();
        let error = error[..error.floor_char_boundary(ERROR_BYTES_MAX)].to_owned();
        self.change(|standing| {
            standing.state.failed += 1;
            standing.state.last_error = Some(error);
            standing.state.last_error_ms = Some(now_ms);
        });
    }

    pub(crate) fn became_dead(&self) {
        metrics::dead(self.name());
        self.change(|standing| standing.state.dead_letters += 1);
    }

    pub(crate) fn missed(&self, events: u64) {
        metrics::missed(self.name(), events);
        self.change(|standing| standing.state.missed += events);
    }

    /// How far a key is behind, and how often what it is at was tried in vain.
    pub(crate) fn is_behind(&self, key: &Arc<str>, events: u64, attempts: u32) {
        self.change(|standing| {
            let behind = Behind { events, attempts };
            if events == 0 && attempts == 0 {
                standing.keys.remove(key);
            } else {
                standing.keys.insert(Arc::clone(key), behind);
            }
            let all = standing.keys.values();
            standing.state.lag = all.clone().map(|behind| behind.events).sum();
            standing.state.attempts = all.map(|behind| behind.attempts).max().unwrap_or(0);
        });
    }

    /// How it stands now, if that has changed since it was asked last.
    pub(crate) fn news(&self) -> Option<WebhookState> {
        let mut standing = self.standing.lock();
        metrics::lag(self.name(), standing.state.lag);
        if !std::mem::take(&mut standing.is_changed) {
            return None;
        }
        let at_ms = self.now_ms();
        standing.state.at_ms = at_ms;
        Some(standing.state.clone())
    }

    /// What was told could not be written.
    pub(crate) fn untold(&self) {
        self.standing.lock().is_changed = true;
    }

    fn change(&self, change: impl FnOnce(&mut Standing)) {
        let mut standing = self.standing.lock();
        let before = standing.state.clone();
        change(&mut standing);
        // Who finds nothing new again and again must not make the silo write.
        standing.is_changed |= standing.state != before;
    }
}

//! The simulation as something that is switched on and off while the process runs.

use std::sync::Arc;

use anyhow::Context;
use tokio::sync::{Mutex, watch};

use super::config::{BackgroundConfig, Target};
use super::plan::Plan;
use super::running::Background;
use crate::phone::now_ms;

/// A handle that is cheap to clone.
#[derive(Clone)]
pub struct Switch(Arc<Inner>);

struct Inner {
    config: BackgroundConfig,
    target: Target,
    /// What is told to whoever looks, also while somebody switches.
    told: watch::Sender<State>,
    /// Held by whoever switches: one after the other.
    running: Mutex<Option<Background>>,
    /// The process ends: nothing begins any more, and what ends does so at once.
    is_over: watch::Sender<bool>,
}

/// A simulation as it is now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    pub course: Course,
    /// When it was switched on, in milliseconds since 1970; `None` while it is off.
    pub since_ms: Option<u64>,
}

/// How much goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    /// Orders a minute on average.
    pub rate: f64,
    /// How many drivers are at work.
    pub workers: u16,
    /// How many times faster than life drivers ride.
    pub speed: f64,
}

impl Switch {
    /// Switched off; what is configured is how it goes unless somebody wants it otherwise.
    #[must_use]
    pub fn new(config: BackgroundConfig, target: Target) -> Self {
        let course = Course {
            rate: config.orders_per_minute,
            workers: config.drivers,
            speed: config.speed,
        };
        Self(Arc::new(Inner {
            config,
            target,
            told: watch::Sender::new(State {
                course,
                since_ms: None,
            }),
            running: Mutex::default(),
            is_over: watch::Sender::new(false),
        }))
    }

    #[must_use]
    pub fn state(&self) -> State {
        *self.0.told.borrow()
    }

    /// Begins, or goes on in this way. The listeners must be bound already.
    ///
    /// # Errors
    /// What is wrong with the configuration or the course, and when the process is about to end.
    pub async fn start(&self, course: Course) -> anyhow::Result<State> {
        self.apart(async move |inner| inner.start(course).await)
            .await
    }

    /// Ends it, and returns when nothing of it runs any more: what was ordered is delivered or
    /// cancelled, so the listeners must still be open. That takes 40 seconds at most.
    ///
    /// # Errors
    /// When ending it has failed in a way that nobody foresaw.
    pub async fn stop(&self) -> anyhow::Result<State> {
        self.apart(async |inner| {
            inner.stop(&mut *inner.running.lock().await).await;
            Ok(*inner.told.borrow())
        })
        .await
    }

    /// Ends it for good, and sooner: only what is on the road is delivered.
    pub async fn close(&self) {
        // First, for whoever is ending it now.
        self.0.is_over.send_replace(true);
        self.0.stop(&mut *self.0.running.lock().await).await;
    }

    /// In a task of its own: what was begun must not be left half done when nobody waits for it.
    async fn apart<F, A>(&self, switch: F) -> anyhow::Result<State>
    where
        F: FnOnce(Arc<Inner>) -> A,
        A: Future<Output = anyhow::Result<State>> + Send + 'static,
    {
        let switched = tokio::spawn(switch(Arc::clone(&self.0)));
        switched.await.context("switching the simulation")?
    }
}

impl Inner {
    async fn start(&self, course: Course) -> anyhow::Result<State> {
        let mut running = self.running.lock().await;
        anyhow::ensure!(!*self.is_over.borrow(), "the pizzeria is about to stop");
        let before = *self.told.borrow();
        if before.since_ms.is_some() && before.course == course {
            return Ok(before);
        }
        let config = BackgroundConfig {
            orders_per_minute: course.rate,
            drivers: course.workers,
            speed: course.speed,
            ..self.config.clone()
        };
        // Looked at first: a course that cannot be begun does not end the one that runs.
        let plan = Plan::new(&config, &self.target)?;
        self.stop(&mut running).await;
        *running = Some(Background::start(plan));
        let state = State {
            course,
            since_ms: Some(now_ms()),
        };
        self.told.send_replace(state);
        Ok(state)
    }

    async fn stop(&self, running: &mut Option<Background>) {
        if let Some(background) = running.take() {
            let mut is_over = self.is_over.subscribe();
            let hurry = async {
                // The sender lives in `self`.
                let _ = is_over.wait_for(|is_over| *is_over).await;
            };
            background.stop(hurry).await;
        }
        self.told.send_modify(|state| state.since_ms = None);
    }
}

//! The simulation in this process, as the gateway switches it.

use std::sync::Arc;

use pizza_gateway::{Simulated, SimulationRequest, Switched};
use pizza_load::background::{BackgroundConfig, Course, State, Switch, Target};

/// A handle that is cheap to clone.
#[derive(Clone)]
pub(crate) struct Simulation(Switch);

impl Simulation {
    /// As configured: it may be on from the beginning. The listeners must be bound already.
    ///
    /// # Errors
    /// What is wrong with the configuration of one that is on.
    pub(crate) async fn begun(config: &BackgroundConfig, target: Target) -> anyhow::Result<Self> {
        let switch = Switch::new(config.clone(), target);
        if config.on {
            switch.start(switch.state().course).await?;
        }
        Ok(Self(switch))
    }

    pub(crate) fn for_gateway(&self) -> Arc<dyn pizza_gateway::Simulation> {
        Arc::new(self.clone())
    }

    /// Ends it for good. The listeners must still be open.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

impl pizza_gateway::Simulation for Simulation {
    fn now(&self) -> Simulated {
        told(self.0.state())
    }

    fn switch(&self, request: SimulationRequest) -> Switched {
        let switch = self.0.clone();
        Box::pin(async move {
            let switched = if request.on {
                let before = switch.state().course;
                let course = Course {
                    rate: request.rate.unwrap_or(before.rate),
                    workers: request.workers.unwrap_or(before.workers),
                    speed: request.speed.unwrap_or(before.speed),
                };
                switch.start(course).await
            } else {
                switch.stop().await
            };
            switched.map(told).map_err(|error| {
                tracing::warn!("the simulation cannot be switched: {error:#}");
                format!("{error:#}")
            })
        })
    }
}

fn told(State { course, since_ms }: State) -> Simulated {
    Simulated {
        on: since_ms.is_some(),
        rate: course.rate,
        workers: course.workers,
        speed: course.speed,
        since_ms,
    }
}

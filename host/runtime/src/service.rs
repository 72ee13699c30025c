//! What other silos may ask of this one.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_cluster::{Delivery, Request, Response, Service};
use pizza_store::StreamKey;
use pizza_types::{ActorId, CallError, Envelope, ShardId};

use crate::core::Core;
use crate::silo::Silo;
use crate::slot::Until;
use crate::streams::watch;
use crate::{cells, hand_over, notices};

#[async_trait]
impl Service for Silo {
    async fn answer(&self, request: Request) -> Response {
        let core = &self.core;
        match request {
            Request::Deliver {
                envelope,
                wait_ms,
                delivery,
            } => deliver(core, envelope, wait_ms, delivery).await,
            Request::Look { log, due } => {
                notices::worker::look(core, &log, due);
                Response::Done
            }
            Request::Published(keys) => published(core, &keys),
            Request::EventAfter { of, after, wait_ms } => {
                event_after(core, of, after, wait_ms).await
            }
            Request::Release { actor, epoch: _ } => released(core, &actor),
            // What has modules stands in front of this.
            Request::Prepare(_) | Request::PlanChanged(_) => {
                Response::Failed("this silo has no modules".to_owned())
            }
            Request::Cell(request) => cells::answer::answer(core, request).await,
            Request::Load => Response::Load(core.load()),
            Request::Rebalance { per_second } => {
                core.rebalance(per_second);
                Response::Done
            }
            Request::Ping => Response::Done,
            Request::View(view) => {
                core.membership.adopt(view);
                Response::Done
            }
        }
    }
}

async fn deliver(
    core: &Arc<Core>,
    mut envelope: Envelope,
    wait_ms: u64,
    delivery: Delivery,
) -> Response {
    if core.is_stopping() {
        return Response::Refused(CallError::ShuttingDown);
    }
    // It is not here, and belongs elsewhere: to open it here again would keep it from its home.
    if core.slots.is_at_work(&envelope.target).is_none() && core.is_misplaced(&envelope.target) {
        let view_version = core.membership.known().view.version;
        return Response::NotMine { view_version };
    }
    envelope.deadline_ms = core.clock.now_ms().saturating_add(wait_ms);
    let target = envelope.target.clone();
    match core.deliver_here(envelope, delivery, Until::Durable).await {
        Ok(reply) => Response::Reply(reply),
        Err(CallError::Moved) => match core.owners.of(&target) {
            Some(owner) => Response::Moved(owner),
            None => Response::Refused(CallError::Moved),
        },
        Err(error) => Response::Refused(error),
    }
}

fn published(core: &Arc<Core>, keys: &[StreamKey]) -> Response {
    if let Some(refused) = not_mine(core, keys.iter().map(StreamKey::shard)) {
        return refused;
    }
    core.published(keys);
    Response::Done
}

async fn event_after(core: &Arc<Core>, of: StreamKey, after: u64, wait_ms: u64) -> Response {
    if let Some(refused) = not_mine(core, [of.shard()]) {
        return refused;
    }
    let until_ms = core.clock.now_ms().saturating_add(wait_ms);
    tokio::select! {
        biased;
        outcome = watch::event_after(core, of, after) => match outcome {
            Ok(()) => Response::Done,
            Err(error) => Response::Refused(crate::core::store_error(error)),
        },
        () = core.clock.sleep_until(until_ms) => Response::Done,
    }
}

/// Whether this silo lets the actor go, if it has it.
fn released(core: &Arc<Core>, actor: &ActorId) -> Response {
    if hand_over::release(core, actor) {
        return Response::Done;
    }
    let view_version = core.membership.known().view.version;
    Response::NotMine { view_version }
}

fn not_mine(core: &Core, shards: impl IntoIterator<Item = ShardId>) -> Option<Response> {
    let mut shards = shards.into_iter();
    let are_mine = shards.all(|shard| core.membership.guards(shard));
    let view_version = core.membership.known().view.version;
    (!are_mine).then_some(Response::NotMine { view_version })
}

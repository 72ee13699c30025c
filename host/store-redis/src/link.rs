//! One connection to one server, and the task that sends what is ready for it: what waits together
//! goes together, and while a batch is under way the next one gathers. Nothing is ever sent twice
//! but what a server said it had not run: what became of a command whose answer was lost, only
//! whoever sent it can find out.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use redis::{Pipeline, RedisResult};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::address::Node;
use crate::batch::{self, Rest};
use crate::dial::{Connection, Waits};
use crate::discovery::{Kind, is_primary};
use crate::planted;
use crate::queues::{Part, Queues};
use crate::refusal::NotRun;
use crate::replicas::Replicas;
use crate::script::Scripts;
use crate::tag::Tag;
use crate::topology::Topology;

/// How long a server that cannot be reached is left alone, and how long a batch may take.
const CONNECT_AGAIN: Duration = Duration::from_millis(50);
const WAITS: Waits = Waits {
    connect: Duration::from_secs(1),
    answer: Duration::from_secs(10),
};
/// Whoever has not answered for so long may have been replaced.
const UNANSWERED: Duration = Duration::from_millis(250);
/// So long a server may still answer that has none of a batch's slots any more.
const ANSWER_WITHIN_WHEN_LEFT: Duration = Duration::from_millis(200);
/// A connection that nobody needs for so long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// What the links of a lane share.
pub(crate) struct Core {
    pub(crate) topology: Arc<Topology>,
    pub(crate) scripts: Arc<Scripts>,
    pub(crate) replicas: Replicas,
    pub(crate) queues: Mutex<Queues>,
}

/// Gives a tag to the server that has it, and begins a link to it if there is none.
pub(crate) fn schedule(core: &Arc<Core>, tag: Tag) {
    let owner = core.topology.owner(tag);
    let begun = core.queues.lock().give(tag, owner);
    if let Some((node, wake)) = begun {
        tokio::spawn(run(Arc::clone(core), node, wake));
    }
}

async fn run(core: Arc<Core>, node: Node, wake: Arc<Notify>) {
    let mut connection: Option<Connection> = None;
    loop {
        let parts = core.queues.lock().take(&node, Instant::now());
        if parts.is_empty() {
            let mut is_idle = core.queues.lock().is_closed;
            if !is_idle {
                tokio::select! {
                    biased;
                    // Before somebody asks on it: what was sent in vain would be in doubt.
                    () = ended(connection.as_mut()) => connection = None,
                    () = wake.notified() => {}
                    () = tokio::time::sleep(IDLE) => is_idle = true,
                }
            }
            if is_idle && core.queues.lock().end(&node) {
                return;
            }
            continue;
        }
        let kept = connection.take_if(|kept| !kept.has_ended());
        let connected = match kept {
            Some(connected) => Ok(connected),
            None => connect(&core, &node).await,
        };
        match connected {
            Ok(connected) => connection = go(&core, &node, connected, parts).await,
            Err(error) => {
                core.topology.read_again();
                cannot_reach(&core, &node, parts, &error.to_string());
                tokio::time::sleep(CONNECT_AGAIN).await;
            }
        }
    }
}

async fn ended(connection: Option<&mut Connection>) {
    match connection {
        Some(connection) => connection.ended().await,
        None => std::future::pending().await,
    }
}

/// A connection to a server that knows the scripts.
async fn connect(core: &Core, node: &Node) -> RedisResult<Connection> {
    let mut connection = core.topology.dial.server(node, WAITS).await?;
    if core.topology.kind == Kind::Sentinel {
        is_primary(&mut connection, node).await?;
    }
    load(&mut connection, &core.scripts).await?;
    Ok(connection)
}

async fn load(connection: &mut Connection, scripts: &Scripts) -> RedisResult<()> {
    let mut pipeline = Pipeline::new();
    for script in scripts.all() {
        pipeline.cmd("SCRIPT").arg("LOAD").arg(&*script.text);
    }
    for value in connection.send(&pipeline).await? {
        value.extract_error()?;
    }
    Ok(())
}

/// Nothing of these was sent. Those that another server has by now go there.
fn cannot_reach(core: &Arc<Core>, node: &Node, parts: Vec<Part>, detail: &str) {
    for part in parts {
        let mut back = part.waiting;
        if !part.is_asking && core.topology.owner(part.tag) == *node {
            batch::not_sent(std::mem::take(&mut back), detail);
        }
        requeue(core, part.tag, back, Duration::ZERO);
    }
}

/// Sends a batch, and gives each command its answer. Returns the connection if it still works.
async fn go(
    core: &Arc<Core>,
    node: &Node,
    mut connection: Connection,
    mut parts: Vec<Part>,
) -> Option<Connection> {
    let mut pipeline = batch::pipeline(&mut parts);
    let asks_replicas = batch::needs_replicas(&parts);
    if asks_replicas {
        core.replicas.ask(&mut pipeline, batch::marked(&parts));
    }
    let tags: Vec<Tag> = parts.iter().map(|part| part.tag).collect();
    let sent = tokio::select! {
        sent = connection.send(&pipeline) => sent.map_err(|error| error.to_string()),
        () = left(core, node, &tags, &parts) => Err("another server has taken over".to_owned()),
    };
    let values = match sent {
        Ok(values) => values,
        Err(detail) => {
            core.topology.read_again();
            is_lost(core, parts, &pipeline, &detail);
            return None;
        }
    };
    let lack = asks_replicas.then(|| core.replicas.lack(&values)).flatten();
    if let Some(lack) = &lack {
        tracing::warn!(%node, lack, "nothing is acknowledged");
    }
    let (mut needs_scripts, mut has_stepped_down) = (false, false);
    for (part, rest) in batch::settle(parts, &pipeline, values, node, lack.as_deref()) {
        needs_scripts |= rest.first == Some(NotRun::NoScript);
        has_stepped_down |= rest.first == Some(NotRun::Later);
        go_on(core, part.tag, rest);
    }
    if has_stepped_down {
        core.topology.read_again();
        if core.topology.kind == Kind::Sentinel {
            // Whether it is the primary still, a new connection finds out.
            return None;
        }
    }
    if needs_scripts && load(&mut connection, &core.scripts).await.is_err() {
        return None;
    }
    Some(connection)
}

/// Resolves a while after the server has none of a batch's slots any more. One that is asked for a
/// slot that it does not have yet is waited for.
async fn left(core: &Core, node: &Node, tags: &[Tag], parts: &[Part]) {
    if parts.iter().any(|part| part.is_asking) {
        std::future::pending::<()>().await;
    }
    let mut unanswered = tokio::time::interval(UNANSWERED);
    unanswered.reset();
    loop {
        tokio::select! {
            () = core.topology.left(node, tags) => break,
            // One that hangs says nothing of who has taken over.
            _ = unanswered.tick() => core.topology.read_again(),
        }
    }
    tokio::time::sleep(ANSWER_WITHIN_WHEN_LEFT).await;
}

/// The connection was lost. What was sent may have run, so it is not sent again.
fn is_lost(core: &Arc<Core>, mut parts: Vec<Part>, pipeline: &Pipeline, detail: &str) {
    let tags: Vec<Tag> = parts.iter().map(|part| part.tag).collect();
    if planted::is("sends-again") {
        let mut commands = pipeline.cmd_iter();
        for part in parts {
            let mut back = part.waiting;
            for waiting in &mut back {
                waiting.command = commands.next().cloned().unwrap_or_default();
            }
            requeue(core, part.tag, back, Duration::ZERO);
        }
        return;
    }
    batch::lost(std::mem::take(&mut parts), detail);
    for tag in tags {
        requeue(core, tag, Vec::new(), Duration::ZERO);
    }
}

/// What a server did not run is sent again, where and when it says.
fn go_on(core: &Arc<Core>, tag: Tag, rest: Rest) {
    match &rest.first {
        Some(NotRun::Moved(to)) => core.topology.moved(tag, to),
        Some(NotRun::Ask(to)) => {
            let to = Some(Arc::clone(to));
            core.queues.lock().is_migrating(tag, to, Instant::now());
        }
        Some(NotRun::Migrating) => core.queues.lock().is_migrating(tag, None, Instant::now()),
        Some(NotRun::Later | NotRun::NoScript) | None => {}
    }
    requeue(core, tag, rest.back, rest.pause);
}

fn requeue(core: &Arc<Core>, tag: Tag, back: Vec<crate::queues::Waiting>, pause: Duration) {
    if !core.queues.lock().requeue(tag, back) {
        return;
    }
    if pause.is_zero() {
        return schedule(core, tag);
    }
    let core = Arc::clone(core);
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        schedule(&core, tag);
    });
}

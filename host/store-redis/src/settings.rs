//! The settings of all servers: what any of them may lose, the store may lose.

use std::collections::BTreeMap;
use std::time::Duration;

use pizza_types::Durability;
use redis::RedisResult;

use crate::address::Node;
use crate::dial::Waits;
use crate::discovery::Kind;
use crate::options;
use crate::topology::Topology;
use crate::value::pairs;

const WAITS: Waits = Waits {
    connect: Duration::from_secs(1),
    answer: Duration::from_secs(1),
};

/// What an answered command survives on the weakest of the servers, replicas among them: any of
/// those may be a primary tomorrow.
///
/// # Errors
/// When a server's settings are such that no silo should use it, or none can be asked; the text says
/// what to change, and where.
pub(crate) async fn durability(
    topology: &Topology,
    may_forget: bool,
) -> Result<Durability, String> {
    let (mut weakest, mut fault) = (None, "no server is known".to_owned());
    for node in topology.nodes() {
        let settings = match of(topology, &node).await {
            Ok(settings) => settings,
            Err(error) => {
                fault = format!("{node}: its settings cannot be read: {error}");
                // It may be the very one that was lost; the others go on.
                tracing::warn!("{fault}");
                continue;
            }
        };
        let of_this = options::durability(&settings, may_forget)
            .and_then(|of_this| whole(topology.kind, &settings).map(|()| of_this))
            .map_err(|fault| format!("{node}: {fault}"))?;
        weakest = Some(weakest.map_or(of_this, |weakest: Durability| weakest.min(of_this)));
    }
    weakest.ok_or(fault)
}

/// Whether a cluster goes on when one of its primaries is gone.
fn whole(kind: Kind, settings: &BTreeMap<String, String>) -> Result<(), String> {
    let stops = settings.get("cluster-require-full-coverage");
    if kind == Kind::Cluster && stops.is_some_and(|value| value != "no") {
        return Err(
            "cluster-require-full-coverage is not no: one primary that is gone would stop all of \
             them; set it to no on every server"
                .to_owned(),
        );
    }
    Ok(())
}

/// What a server says of how it keeps what it is told.
async fn of(topology: &Topology, node: &Node) -> RedisResult<BTreeMap<String, String>> {
    let mut connection = topology.dial.server(node, WAITS).await?;
    let mut command = redis::cmd("CONFIG");
    command.arg("GET");
    command.arg(&["appendonly", "appendfsync", "maxmemory-policy"]);
    if topology.kind == Kind::Cluster {
        command.arg("cluster-require-full-coverage");
    }
    let settings = pairs(connection.ask(&command).await?).into_iter();
    let text = |bytes| String::from_utf8(bytes).ok();
    Ok(settings
        .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
        .collect())
}

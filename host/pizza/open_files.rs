//! How many connections the system lets this process have. What is left for the store must
//! never be taken by clients: a store that cannot open a file stops for good.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// How many files are open beside the connections: the store's files, sockets that listen, and so
/// on.
const OTHERS: u64 = 512;

/// With so many of them nobody who looks at a demo has to wait.
const DEMO_MIN: usize = 128;

const FEWER: &str = "the system allows fewer open files than connections_max needs; each door takes \
     fewer connections. `ulimit -n` or LimitNOFILE raises the limit";

/// The fewest connections with which a listener is of use.
const CONNECTIONS_MIN: usize = 16;

/// Raises the limit to what the listeners are configured for. Where the system does not allow as
/// many, each listener takes fewer connections, in proportion.
pub(crate) fn allow(config: &mut Config) {
    let mqtt = &config.broker.limits;
    let mqtt = mqtt.connections_max.saturating_add(mqtt.half_open_max);
    let http = config.gateway.connections_max;
    let wanted = http.saturating_add(config.admin_limits.connections_max);
    let wanted = wanted.saturating_add(mqtt);
    let allowed = raised(wanted);
    if allowed >= wanted {
        return;
    }
    let scaled = |max: usize| {
        let share = max as u128 * allowed as u128 / wanted as u128;
        let share = usize::try_from(share).unwrap_or(max);
        // Never more than was configured, even where that is below the least.
        share.max(CONNECTIONS_MIN).min(max)
    };
    let mqtt = &mut config.broker.limits;
    for max in [
        &mut config.gateway.connections_max,
        &mut config.admin_limits.connections_max,
        &mut mqtt.connections_max,
        &mut mqtt.half_open_max,
    ] {
        *max = scaled(*max);
    }
    let http = config.gateway.connections_max;
    let admin = config.admin_limits.connections_max;
    let mqtt = config.broker.limits.connections_max;
    // A demo has the connections of those who look at it.
    if config.demo && http >= DEMO_MIN {
        tracing::debug!(allowed, wanted, http, admin, mqtt, "{FEWER}");
    } else {
        tracing::warn!(allowed, wanted, http, admin, mqtt, "{FEWER}");
    }
}

/// Raises the limit as far as it is needed and the system's hard limit allows; the usual soft one
/// is a thousand, which is a tenth of what the gateway is ready to serve. Returns how many
/// connections that allows.
fn raised(connections: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = connections as u64 + OTHERS;
    // No limit is more than any.
    let (has, may) = (current.unwrap_or(u64::MAX), maximum.unwrap_or(u64::MAX));
    let limit = wanted.min(may).max(has.min(wanted));
    if has < limit {
        let raised = Rlimit {
            current: Some(limit),
            maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, limit, "cannot raise the limit of open files");
            return for_connections(has);
        }
    }
    for_connections(limit)
}

/// How many of the open files are left for connections: half of them where there are few.
fn for_connections(files: u64) -> usize {
    let left = files.saturating_sub(OTHERS).max(files / 2);
    usize::try_from(left).unwrap_or(usize::MAX)
}

//! How many connections the system lets this process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Beside the connections: the store's files, sockets that listen, and so on.
const OTHERS: u64 = 512;

/// Takes all that the system's hard limit allows; the usual soft one is a thousand, which
/// is a tenth of what the gateway is ready to serve.
pub(crate) fn allow(connections: usize) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = connections as u64 + OTHERS;
    // No limit is more than any.
    let (has, may) = (current.unwrap_or(u64::MAX), maximum.unwrap_or(u64::MAX));
    let limit = wanted.min(may);
    if has < limit {
        let raised = Rlimit {
            current: Some(limit),
            maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, limit, "cannot raise the limit of open files");
            return;
        }
    }
    if limit < wanted {
        tracing::warn!(
            limit,
            wanted,
            "the system's limit of open files is below what connections_max needs"
        );
    }
}

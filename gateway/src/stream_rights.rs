//! Whether the client that opened an event stream may still receive it. Asked before each
//! event: rights that end, end the stream, and a client that comes back then is refused.

use std::sync::Arc;

use crate::app::App;
use crate::caller::Caller;
use crate::identity::{Authority, Ends, Identity, Role};
use crate::ownership::{self, Ownership};

#[derive(Clone)]
pub(crate) struct StreamRights(Arc<Inner>);

struct Inner {
    app: App,
    identity: Identity,
    ownership: Ownership,
    id: String,
    ends: Ends,
}

impl StreamRights {
    /// The rights of `caller` to what `id` names, which it has at this moment.
    pub(crate) fn new(caller: Caller, ownership: Ownership, id: &str) -> Self {
        Self(Arc::new(Inner {
            app: caller.app,
            identity: caller.identity,
            ownership,
            id: id.to_owned(),
            ends: caller.ends,
        }))
    }

    /// Whether they hold. A check that fails for another reason counts as "no": the client
    /// comes back, and is told why.
    pub(crate) async fn hold(self) -> bool {
        let Inner {
            app,
            identity,
            ownership,
            id,
            ends,
        } = &*self.0;
        let now_ms = app.client().transport().now_ms();
        if ends.0.is_some_and(|ends_ms| ends_ms <= now_ms) {
            return false;
        }
        if !may_end(*ownership, identity) {
            return true;
        }
        // Asked anew each time: what held when the stream was opened may not hold any more.
        let checked = ownership::check(app, identity, *ownership, id).await;
        checked.is_ok()
    }
}

/// An order never changes its customer and its restaurant, but it may change its driver; and
/// tokens last as long as the process, as does the key of an order's link. Only what may change is
/// worth a question per event.
fn may_end(ownership: Ownership, identity: &Identity) -> bool {
    let holder = match identity.authority() {
        Authority::Everything | Authority::Look(_) | Authority::Order(_) => return false,
        // Nothing is theirs, so that there is nothing which could not end.
        Authority::Nothing => return true,
        Authority::Own(holder) => holder,
    };
    match ownership {
        Ownership::Order => holder.role == Role::Driver,
        Ownership::Driver => holder.role != Role::Driver,
        Ownership::Anything | Ownership::Restaurant | Ownership::Menu => false,
    }
}

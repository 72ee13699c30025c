//! Who becomes a member: not who is refused by those that live.

use std::sync::Arc;

use pizza_clock::{Clock, SystemClock};
use pizza_cluster::ClusterSettings;
use pizza_cluster::transport::admission::{self, Asking, NotAdmitted};
use pizza_cluster::transport::{Dial, Settings, Tls};
use pizza_store::{Labels, Member, MemberState, MembershipStore, MemoryStore, View};

use crate::certificates::{Authority, Silo};
use crate::fixture::{Counting, Serving, b, dial};

const HOST: &str = "127.0.0.1";

/// A store that knows of `b.2`, as one that may live no more.
async fn store_with(address: &str) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let view = View::default().next(|view| {
        let member = Member {
            address: address.into(),
            edges: None,
            state: MemberState::Live,
            labels: Labels::new(),
        };
        view.members.insert(b(), member);
    });
    let changed = store.change_view(0, &view).await;
    assert!(changed.expect("changed"), "it was empty");
    store
}

async fn ask(store: &MemoryStore, tls: Option<Tls>, at: &str) -> Result<(), NotAdmitted> {
    let dial: Arc<dyn Dial> = dial(tls);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let asking = Asking {
        before: 0,
        store,
        dial: &dial,
        clock: &clock,
        settings: Settings::default(),
        cluster: ClusterSettings::default(),
        name: "a",
        address: at,
    };
    admission::ask(asking).await
}

#[tokio::test]
async fn who_is_refused_by_a_member_that_lives_does_not_join() {
    let (ca, strangers) = (Authority::new(), Authority::new());
    let tls = |ca: &Authority| Silo::new(&ca.sign(HOST), ca);
    let (ours, theirs) = (tls(&ca), tls(&strangers));
    let serving = Serving::begin(Counting::new(0), Settings::default(), Some(ours.tls())).await;
    let address = serving.address.to_string();
    let store = store_with(&address).await;
    let beating = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            let mut beats = tokio::time::interval(std::time::Duration::from_millis(20));
            loop {
                beats.tick().await;
                store.heartbeat(&b()).await.expect("counted");
            }
        }
    });
    for (tls, part) in [
        (Some(theirs.tls()), "certificate of the other side"),
        (None, "speaks TLS alone"),
    ] {
        let refused = ask(&store, tls, "a:1").await.expect_err("refused");
        let said = refused.to_string();
        assert!(
            said.contains(part) && said.contains("b.2") && said.contains(&address),
            "{said}"
        );
    }
    assert!(ask(&store, Some(ours.tls()), "a:1").await.is_ok());
    // Nobody waits for whoever was here before.
    assert!(ask(&store, Some(theirs.tls()), &address).await.is_ok());
    beating.abort();
    // One that sends no heartbeats is dead, and whoever has its address now has no say.
    let _ = beating.await;
    assert!(ask(&store, Some(theirs.tls()), "a:1").await.is_ok());
}

#[tokio::test]
async fn whoever_cannot_be_reached_has_no_say() {
    let store = store_with("127.0.0.1:1").await;
    assert!(ask(&store, None, "a:1").await.is_ok());
}

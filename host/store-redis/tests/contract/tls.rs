//! The contract by TLS with certificates of both sides, and who is refused.

use std::sync::Arc;

use pizza_store::contract::cells::Cell;
use pizza_store::{MembershipStore, Store as _};
use pizza_store_redis::{Options, RedisStore, Tls};
use pizza_types::SiloId;

use crate::certificates::{Certificates, NAME};
use crate::process::Process;
use crate::server::{Server, within};

/// A server, and whoever has signed its certificate.
type Served = (Server, Certificates);

async fn with_store() -> (Arc<RedisStore>, Served) {
    let certificates = Certificates::new();
    let server = Server::start_with_tls(&certificates);
    let options = options(&server, &certificates.tls(Some(&certificates)));
    (within(&options).await, (server, certificates))
}

fn options(server: &Server, tls: &Tls) -> Options {
    Options {
        may_forget: true,
        tls: Some(tls.clone()),
        ..Options::at(server.url_with_tls())
    }
}

async fn make() -> (Arc<dyn pizza_store::Store>, Served) {
    let (store, served) = with_store().await;
    (store, served)
}

async fn make_membership() -> (Arc<dyn MembershipStore>, Served) {
    let (store, served) = with_store().await;
    (store, served)
}

async fn make_cells() -> (Cell, Served) {
    let (store, served) = with_store().await;
    ((Arc::clone(&store) as Arc<_>, store), served)
}

pizza_store::contract_tests!(make);
pizza_store::membership_tests!(make_membership);
pizza_store::cells_tests!(make_cells);

/// What somebody is told who is refused.
async fn refused(options: &Options) -> String {
    let connected = RedisStore::connect(options).await;
    connected.err().expect("refused").to_string()
}

#[tokio::test]
async fn whoever_is_refused_is_told_what_to_look_at() {
    let (_store, (server, ours)) = with_store().await;
    let strangers = Certificates::new();
    for (tls, parts) in [
        // The server of another authority, or of another name.
        (strangers.tls(Some(&ours)), ["UnknownIssuer", "`ca`"]),
        (ours.tls_named("other.test"), ["somebody else", "`name`"]),
        // This silo with no certificate, or with one of another authority.
        (ours.tls(None), ["CertificateRequired", "`certificate`"]),
        (ours.tls(Some(&strangers)), ["UnknownCA", "`certificate`"]),
    ] {
        let error = refused(&options(&server, &tls)).await;
        let has_all = parts.iter().all(|part| error.contains(part));
        assert!(has_all && error.contains(&server.address()), "{error}");
    }
    within(&options(&server, &ours.tls_named(NAME))).await;
}

#[tokio::test]
async fn tls_is_never_done_without_where_one_side_says_it() {
    let (_store, (server, ours)) = with_store().await;
    let plain = Server::start();
    within(&plain.options()).await;
    let tls = ours.tls(Some(&ours));
    // A port that has none; what it says of a handshake is a line, or nothing.
    let at_plain = Options {
        tls: Some(tls.clone()),
        ..Options::at(format!("rediss://{}/", plain.address()))
    };
    let error = refused(&at_plain).await;
    assert!(error.contains("TLS"), "{error}");
    let unsaid = Options {
        tls: Some(tls),
        ..plain.options()
    };
    let error = refused(&unsaid).await;
    assert!(error.contains("begin with rediss"), "{error}");
    let unknown = Options {
        tls: None,
        ..options(&server, &ours.tls(None))
    };
    let error = refused(&unknown).await;
    assert!(error.contains("whom to believe"), "{error}");
    // Without the scheme a port with TLS says nothing that is understood.
    let without = Options::at(format!("redis://{}/", server.address()));
    refused(&without).await;
}

/// Certificates are renewed while connections are open: the next one shows the new one.
#[tokio::test]
async fn renewed_files_count_for_the_next_connection() {
    let ours = Certificates::new();
    let server = Server::start_with_tls(&ours);
    let strangers = Certificates::new();
    let of_strangers = |name: &str| std::fs::read(strangers.path(name)).expect("read");
    let (certificate, key) = (of_strangers("silo.pem"), of_strangers("silo.key"));
    within(&options(&server, &ours.tls(Some(&ours)))).await;
    let tls = ours.tls(Some(&ours));
    std::fs::write(ours.path("silo.pem"), certificate).expect("written");
    std::fs::write(ours.path("silo.key"), key).expect("written");
    let error = refused(&options(&server, &tls)).await;
    assert!(error.contains("UnknownCA"), "{error}");
    ours.sign("silo", &["silo"]);
    let store = within(&options(&server, &tls)).await;
    assert!(store.stop_reason().is_none());
    store
        .heartbeat(&SiloId("a.1".into()))
        .await
        .expect("it answers");
}

/// A password goes inside of TLS, and stands in no error.
#[tokio::test]
async fn a_password_is_wanted_inside_of_tls() {
    let ours = Certificates::new();
    let mut settings = ours.settings();
    settings.extend(["--requirepass", "the-password"].map(ToOwned::to_owned));
    let process = Process::start_with_tls(&settings);
    let at = |password: &str| Options {
        may_forget: true,
        tls: Some(ours.tls(Some(&ours))),
        ..Options::at(format!("rediss://:{password}@{}/", process.address()))
    };
    within(&at("the-password")).await;
    let error = refused(&at("another-one")).await;
    assert!(!error.contains("another-one"), "{error}");
}

//! Silos that prove to each other who they are, and to their store.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::process::{Process, TOKEN, gateway, refused_silo, silo};
use super::processes::{is_ready, ordered};
use super::redis::Redis;
use crate::common::authority::Authority;
use crate::common::operator::json_of;
use crate::common::{request, until};

/// A configuration with a certificate for other silos; returns where it is.
fn with_certificate(store: &str, dir: &Path, name: &str, ca: &str) -> String {
    let (config, dir) = (dir.join(format!("{name}.toml")), dir.display());
    let text = format!(
        "[silo.cluster]\nstore = \"{store}\"\n[silo.cluster.tls]\ncertificate = \"{dir}/{name}.pem\"\nkey = \"{dir}/{name}.key\"\n\
         ca = \"{dir}/{ca}.pem\"\nname = \"localhost\"\n"
    );
    std::fs::write(&config, text).expect("written");
    text_of(config)
}

fn text_of(path: PathBuf) -> String {
    path.into_os_string().into_string().expect("UTF-8")
}

/// The members that a silo knows of, and how many actors each has in memory.
fn in_memory(silo: &Process) -> Vec<(String, u64)> {
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str())];
    let shown = request(silo.address, "GET", "/cluster", &headers, None).json();
    let silos = shown["silos"].as_array().expect("silos").iter();
    let one = |silo: &serde_json::Value| {
        let name = silo["silo"].as_str().expect("an id").to_owned();
        Some((name, silo["inMemory"].as_u64()?))
    };
    silos.filter_map(one).collect()
}

fn members(silo: &Process) -> Vec<String> {
    let status = json_of(&silo.cli(&["cluster", "status", "--json"]));
    let members = status["members"].as_array().expect("members").iter();
    let id = |member: &serde_json::Value| member["silo"].as_str().map(ToOwned::to_owned);
    members.filter_map(id).collect()
}

/// So many orders by a gateway, all of them made ready.
fn made_ready(web: SocketAddr, count: usize) {
    let orders: Vec<String> = (0..count).map(|_| ordered(web)).collect();
    for order in &orders {
        until(&format!("{order} to be ready"), || is_ready(web, order));
    }
}

#[test]
fn silos_with_certificates_serve_each_other_and_nobody_else_joins_them() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let dir = data.path();
    let ours = Authority::new(dir, "ours");
    for name in ["one", "two", "four"] {
        ours.issue(dir, name);
    }
    Authority::new(dir, "strangers").issue(dir, "three");
    let started = |name: &str| {
        let config = with_certificate(&redis.url, dir, name, "ours");
        silo(&redis.url, dir, name, &["--config", &config])
    };
    let (one, two) = (started("one"), started("two"));
    let both = || (members(&one).len() == 2).then_some(());
    until("the first one to know of the second", both);
    // Half of the actors are with the other one, whichever is asked.
    let web = gateway(dir, "web", &[one.address]);
    made_ready(web.address, 10);
    for silo in [&one, &two] {
        let actors = in_memory(silo);
        assert!(
            actors.len() == 2 && actors.iter().all(|(_, count)| *count > 0),
            "each hears of the other, and has its part: {actors:?}"
        );
    }

    let config = with_certificate(&redis.url, dir, "three", "strangers");
    let said = refused_silo(&redis.url, dir, "three", &["--config", &config]);
    assert!(
        said.contains("cannot join the cluster")
            && said.contains("certificate of the other side is refused")
            && (said.contains("one.1") || said.contains("two.2")),
        "{said}"
    );
    // It believes those of ours, and they do not believe it.
    let config = with_certificate(&redis.url, dir, "three", "ours");
    let said = refused_silo(&redis.url, dir, "three", &["--config", &config]);
    assert!(
        said.contains("refuses the certificate of this silo") && said.contains("UnknownCA"),
        "{said}"
    );
    let said = refused_silo(&redis.url, dir, "plain", &[]);
    assert!(
        said.contains("cannot join the cluster") && said.contains("speaks TLS alone"),
        "{said}"
    );
    // None of them was ever a member: ids are given one after the other.
    assert_eq!(members(&one), ["one.1", "two.2"]);
    let _four = started("four");
    until("the fourth to be known", || {
        (members(&one) == ["four.3", "one.1", "two.2"]).then_some(())
    });
    made_ready(web.address, 5);
}

#[test]
fn a_silo_with_certificates_does_not_join_those_without() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let dir = data.path();
    Authority::new(dir, "ours").issue(dir, "two");
    let one = silo(&redis.url, dir, "one", &[]);
    let config = with_certificate(&redis.url, dir, "two", "ours");
    let said = refused_silo(&redis.url, dir, "two", &["--config", &config]);
    assert!(said.contains("answers without TLS"), "{said}");
    assert_eq!(members(&one), ["one.1"]);
    // A silo that is dead has no say, whoever is at its address.
    one.kill();
    let two = silo(&redis.url, dir, "two", &["--config", &config]);
    assert!(members(&two).contains(&"two.2".to_owned()));
}

#[test]
fn silos_share_a_redis_by_tls_with_certificates_of_both_sides() {
    let data = tempfile::tempdir().expect("a directory");
    let dir = data.path();
    let ours = Authority::new(dir, "ours");
    for name in ["redis", "silo"] {
        ours.issue(dir, name);
    }
    Authority::new(dir, "strangers").issue(dir, "stranger");
    let redis = Redis::start_with_tls(dir, "ours.pem");
    let file = |name: &str| text_of(dir.join(name));
    let (ca, certificate, key) = (file("ours.pem"), file("silo.pem"), file("silo.key"));
    let named = ["--cluster-store-name", "localhost"];
    let believes = ["--cluster-store-ca", &ca];
    let shows = [
        "--cluster-store-certificate",
        &certificate,
        "--cluster-store-key",
        &key,
    ];
    let all = [&named[..], &believes, &shows].concat();
    let (one, two) = (
        silo(&redis.url, dir, "one", &all),
        silo(&redis.url, dir, "two", &all),
    );
    let web = gateway(dir, "web", &[one.address, two.address]);
    made_ready(web.address, 5);
    one.kill();
    made_ready(web.address, 5);

    let strangers = file("strangers.pem");
    let other_ca = ["--cluster-store-ca", strangers.as_str()];
    for (options, parts) in [
        // The server is of no authority that is believed, of another name, or wants to see something.
        (
            [&named[..], &other_ca, &shows].concat(),
            ["UnknownIssuer", "`ca` in [silo.cluster.store_tls]"],
        ),
        (
            [&believes[..], &shows].concat(),
            ["127.0.0.1", "`name` in [silo.cluster.store_tls]"],
        ),
        (
            [&named[..], &believes].concat(),
            ["CertificateRequired", "`certificate` and `key`"],
        ),
        // What is said does not fit together.
        (
            [&named[..], &believes, &shows[..3], &["/nowhere/silo.key"]].concat(),
            ["silo.cluster.store_tls", "/nowhere/silo.key"],
        ),
    ] {
        let said = refused_silo(&redis.url, dir, "three", &options);
        let has_all = parts.iter().all(|part| said.contains(part));
        assert!(has_all, "{options:?}: {said}");
    }
    let plain = redis.url.replace("rediss", "redis");
    let said = refused_silo(&plain, dir, "three", &all);
    assert!(said.contains("begin with rediss"), "{said}");
}

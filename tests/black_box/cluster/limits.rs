//! What a client may ask holds over all gateways: one that goes from one to the other gets no more than
//! docs/cluster.md states.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use super::process::{Process, gateway, metric_of, silo};
use super::redis::Redis;
use crate::common::{request, until};

const RATE: f64 = 20.0;
const BURST: f64 = 20.0;
/// For how long the client asks.
const WINDOW: Duration = Duration::from_secs(8);
/// How long a gateway may not know what the other one let in: two periods of a tenth of a second, and two
/// questions on a machine that is busy.
const LATE_S: f64 = 2.0;
const OTHERS: &str = "pizza_gateway_limits_shared_with";

fn configure(dir: &Path, is_shared: bool) {
    let config = format!(
        "[gateway]\nrate_per_second = {RATE}\nrate_burst = {BURST}\nrate_shared = {is_shared}\n\
         [[gateway.tokens]]\ntoken = \"{}\"\nrole = \"customer\"\nsubject = \"c\"\n\
         [[gateway.tokens]]\ntoken = \"{}\"\nrole = \"customer\"\nsubject = \"d\"\n",
        token("first"),
        token("later"),
    );
    std::fs::write(dir.join("pizza.toml"), config).expect("written");
}

fn token(client: &str) -> String {
    format!("the-token-of-the-{client}-client-of-this-test")
}

/// How many requests of a client are let in that asks both in turn, and how many are refused.
fn let_in(client: &str, gateways: [SocketAddr; 2]) -> (f64, u64) {
    let authorization = format!("Bearer {}", token(client));
    let (begun, mut passed, mut refused) = (Instant::now(), 0.0, 0);
    while begun.elapsed() < WINDOW {
        for at in gateways {
            // Not for customers, so that nobody but the gateway has work with it.
            let headers = [("authorization", authorization.as_str())];
            match request(at, "GET", "/api/inventory/napoli", &headers, None).status {
                403 => passed += 1.0,
                429 => refused += 1,
                status => panic!("{at} answers {status}"),
            }
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    (passed, refused)
}

/// What one gateway lets in within the window, and what docs/cluster.md states for two.
fn single() -> f64 {
    BURST + RATE * WINDOW.as_secs_f64()
}

fn bound() -> f64 {
    single() + BURST + RATE * LATE_S
}

/// # Errors
/// What was let in, if that is not what it should be.
fn check((passed, refused): (f64, u64)) -> Result<(), String> {
    let clearly = 1.5 * single();
    assert!(bound() < clearly, "the check would say nothing");
    let is_within = passed <= bound() && passed >= 0.7 * single();
    let is_tried = refused > 100;
    (is_within && is_tried).then_some(()).ok_or_else(|| {
        format!(
            "{passed} let in, {refused} refused; one gateway {}, two at most {}",
            single(),
            bound()
        )
    })
}

fn hears_of_another(web: &Process) -> Option<()> {
    (metric_of(web.address, OTHERS) >= 1.0).then_some(())
}

#[test]
fn a_client_that_goes_from_gateway_to_gateway_gets_no_more_also_when_their_silo_dies() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    configure(data.path(), true);
    let one = silo(&redis.url, data.path(), "one", &[]);
    let two = silo(&redis.url, data.path(), "two", &[]);
    let webs = ["web", "other"].map(|name| gateway(data.path(), name, &[one.address, two.address]));
    let at = webs.each_ref().map(|web| web.address);
    for web in &webs {
        until("a gateway to hear of the other one", || {
            hears_of_another(web)
        });
    }
    check(let_in("first", at)).expect("within what is stated");
    // The silo by way of which they tell each other is the one with the smallest id.
    one.kill();
    until("gateways to notice", || {
        let are_alone = webs.iter().all(|web| hears_of_another(web).is_none());
        are_alone.then_some(())
    });
    for web in &webs {
        until("gateways to find the next silo", || hears_of_another(web));
    }
    check(let_in("later", at)).expect("within what is stated");
}

#[test]
fn gateways_that_do_not_tell_each_other_are_noticed_by_the_same_check() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    configure(data.path(), false);
    let one = silo(&redis.url, data.path(), "one", &[]);
    let webs = ["web", "other"].map(|name| gateway(data.path(), name, &[one.address]));
    let counted = let_in("first", webs.each_ref().map(|web| web.address));
    let refused = check(counted).expect_err("twice as much is let in");
    assert!(
        counted.0 > bound() && counted.0 > 1.8 * single(),
        "{refused}"
    );
}

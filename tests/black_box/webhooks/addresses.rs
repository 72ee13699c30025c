//! Where nothing is posted.

use crate::webhooks::receiver::Receiver;
use crate::webhooks::world::{SECRET, World, section};

fn to(url: &str) -> String {
    format!(
        "[[webhooks]]\nname = \"hook\"\nurl = \"{url}\"\nsecrets = [\"{SECRET}\"]\n\
         retry_first_ms = 20\nretry_longest_ms = 50\nallow_http = true\n"
    )
}

#[test]
fn nothing_is_posted_inside_unless_it_is_allowed() {
    let receiver = Receiver::start();
    let port = receiver.address.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
    ] {
        let world = World::new(&to(&format!("http://{host}:{port}/")));
        world.pizza.order();
        let stands = world.until("an attempt", |webhook| webhook["failed"].as_u64() > Some(0));
        let error = stands["lastError"].as_str().expect("an error");
        assert!(
            error.contains("inside") && error.contains("allow_private"),
            "{host}: {error}"
        );
    }
    assert!(receiver.deliveries().is_empty());
}

#[test]
fn a_redirect_leads_nowhere() {
    let inside = Receiver::start_at("127.0.0.2:0", None);
    let receiver = Receiver::start();
    let location = format!("location: http://{}/\r\n", inside.address);
    receiver.answers(move |_| (307, location.clone()));
    let world = World::new(&section(&receiver, ""));
    world.pizza.order();
    let stands = world.until("an attempt", |webhook| webhook["failed"].as_u64() > Some(1));
    let error = stands["lastError"].as_str().expect("an error");
    assert!(error.contains("307"), "{error}");
    assert!(receiver.deliveries().len() > 1);
    assert!(inside.deliveries().is_empty());
}

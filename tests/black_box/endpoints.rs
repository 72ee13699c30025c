//! Each row of the endpoint table, with what works and what does not, on a real pizzeria.

mod admin;
mod inventory;
mod orders;
mod restaurants;
mod walk;

use std::collections::BTreeSet;

use crate::common::Pizza;
use serde_json::json;
use walk::Walk;

#[test]
fn every_endpoint_does_its_part_and_refuses_the_rest() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "600"]);
    let mut walk = Walk {
        pizza,
        walked: BTreeSet::new(),
    };
    // Nobody cooks, so that orders move when they are told to.
    for chef in ["1", "2", "3"] {
        walk.call("kitchen/napoli", "clock-out", &json!([chef]));
    }
    orders::orders(&mut walk);
    orders::steps_and_link(&mut walk);
    orders::to_the_door(&mut walk);
    orders::kitchen(&mut walk);
    inventory::inventory(&mut walk);
    inventory::supply(&mut walk);
    restaurants::restaurants(&mut walk);
    restaurants::drivers(&mut walk);
    restaurants::operations(&mut walk);
    admin::looks(&mut walk);
    admin::acts(&mut walk);
    let document = walk.pizza.get("/openapi.json").json();
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").keys();
        methods.map(move |method| format!("{method} {path}"))
    });
    // Pages for people are no part of the API.
    walk.walked.retain(|name| !name.starts_with("get /docs/"));
    assert_eq!(walk.walked, all.collect(), "every endpoint is walked");
}

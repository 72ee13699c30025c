//! What operators do with a browser: signed in by a cookie, they push a module, try it, look how it does
//! and take it back, while observers only look.

use serde_json::{Value, json};

use crate::common::{Answer, Pizza, request, sse, until};
use crate::modules::fixture::{World, bundled, marked};

/// Somebody who has signed in.
struct Page<'w> {
    pizza: &'w Pizza,
    cookie: String,
}

impl<'w> Page<'w> {
    fn of(pizza: &'w Pizza, role: &str) -> Self {
        let token = json!({"token": pizza.tokens[role]});
        let signed_in = pizza.post("/api/session", &token);
        assert_eq!(signed_in.status, 204, "{}", signed_in.text());
        let set = signed_in.header("set-cookie").expect("a cookie");
        let cookie = set.split(';').next().expect("a pair").to_owned();
        Self { pizza, cookie }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let path = format!("/api/admin{path}");
        let own = [("cookie", &*self.cookie)];
        let headers = [&own[..], headers].concat();
        request(
            self.pizza.http,
            method,
            &path,
            &headers,
            Some(body).filter(|body| !body.is_empty()),
        )
    }

    fn look(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, &[], &[]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// As a page of ours does it.
    fn act(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.ask(
            method,
            path,
            &[("sec-fetch-site", "same-origin")],
            body.as_bytes(),
        )
    }

    fn push(&self, wasm: &[u8], actor_type: &str) -> Answer {
        let headers = [
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/wasm"),
        ];
        self.ask(
            "POST",
            &format!("/modules?type={actor_type}"),
            &headers,
            wasm,
        )
    }

    fn plan(&self, actor_type: &str) -> Value {
        let plans = self.look("/plans");
        let plans = plans["plans"].as_array().expect("plans");
        let mut of_type = plans.iter().filter(|plan| plan["actorType"] == actor_type);
        of_type.next().expect("it serves").clone()
    }

    /// The figures of a module, once it has so many turns.
    fn rate(&self, digest: &str, turns: u64) -> Value {
        until(&format!("{turns} turns of {digest}"), || {
            let rates = self.look("/rates");
            let rates = rates["rates"].as_array().expect("rates").clone();
            let rate = rates.into_iter().find(|rate| rate["digest"] == digest)?;
            (rate["turns"].as_u64() >= Some(turns)).then_some(rate)
        })
    }
}

#[test]
fn a_module_is_pushed_tried_and_taken_back_by_a_page() {
    let world = World::new(&["--speed", "1"]);
    let admin = Page::of(&world.pizza, "admin");
    let observer = Page::of(&world.pizza, "observer");
    let before = admin.plan("order");
    let current = before["current"].as_str().expect("a digest").to_owned();
    let digest = pushed(&admin, &observer);

    let mut stream = sse::Reader::open(world.pizza.http, "/api/admin/stream", None);
    let path = format!("/modules/{digest}/activate");
    let trial = json!({"percent": 10, "version": before["version"]});
    assert_eq!(observer.act("POST", &path, &trial).status, 403);
    let begun = admin.act("POST", &path, &trial);
    assert_eq!(begun.status, 200, "{}", begun.text());
    let plan = begun.json()["plan"].clone();
    assert_eq!(plan["trial"]["digest"], json!(digest));
    assert_eq!(plan["current"], json!(current));
    // A page that did not hear the answer asks again.
    let again = admin.act("POST", &path, &trial);
    assert_eq!(again.status, 412, "{}", again.text());
    assert_eq!(again.json()["type"], "urn:awesome-pizza:problem:stale");
    told(&mut stream, "plan", |plan| {
        plan["actorType"] == "order" && plan["trial"]["percent"] == 10.0
    });

    let orders: Vec<String> = (0..100).map(|_| world.pizza.order()).collect();
    compares(&admin, &current, &digest);
    told(&mut stream, "rates", |rates| {
        let rates = rates["rates"].as_array().expect("rates");
        let turns = |rate: &Value| rate["turns"].as_u64() > Some(0);
        rates
            .iter()
            .any(|rate| rate["digest"] == *digest && turns(rate))
    });

    let back = json!({"version": plan["version"]});
    let rollback = "/types/order/rollback";
    assert_eq!(observer.act("POST", rollback, &back).status, 403);
    let rolled = admin.act("POST", rollback, &back);
    assert_eq!(rolled.status, 200, "{}", rolled.text());
    let plan = rolled.json()["plan"].clone();
    assert_eq!(plan["trial"], Value::Null);
    // Not once more, to what served before that.
    assert_eq!(admin.act("POST", rollback, &back).status, 412);
    assert_eq!(admin.plan("order")["current"], json!(current));
    let audit = told(&mut stream, "audit", |audit| {
        audit["lines"][0]["what"] == "rolled-back"
    });
    assert_eq!(audit["lines"][0]["by"], "operator");
    assert_eq!(audit["lines"][0]["digest"], json!(digest));
    looks_at_everything(&observer, &orders[0], &digest);
}

/// Pushes a module; an observer, another page and no page at all do not.
fn pushed(admin: &Page<'_>, observer: &Page<'_>) -> String {
    let wasm = marked(&bundled("order"), 7);
    assert_eq!(observer.push(&wasm, "order").status, 403);
    let wasm_type = ("content-type", "application/wasm");
    for foreign in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "http://evil.example"),
        ("accept", "*/*"),
    ] {
        let headers = [wasm_type, foreign];
        let refused = admin.ask("POST", "/modules?type=order", &headers, &wasm);
        assert_eq!(refused.status, 403, "{foreign:?}: {}", refused.text());
    }
    let answer = admin.push(&wasm, "order");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    // Between the lines are the sizes of chunks.
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let lines: Vec<Value> = lines.filter(Value::is_object).collect();
    assert!(lines[0]["stage"].is_string(), "{text}");
    assert!(lines[0]["tookUs"].is_u64(), "{text}");
    let module = &lines.last().expect("a last line")["module"];
    module["digest"].as_str().expect("a digest").to_owned()
}

/// The data of the next event of this kind that is as wanted.
fn told(stream: &mut sse::Reader, kind: &str, is: impl Fn(&Value) -> bool) -> Value {
    loop {
        let event = stream.next().expect("the stream goes on");
        if event.kind == kind && is(&event.data) {
            return event.data;
        }
    }
}

/// Both modules of a trial, side by side.
fn compares(admin: &Page<'_>, current: &str, digest: &str) {
    let tried = admin.rate(digest, 1);
    assert_eq!(
        (&tried["role"], &tried["failed"]),
        (&json!("trial"), &json!(0))
    );
    assert_eq!(tried["percent"], 10.0);
    let usual = admin.rate(current, 50);
    assert_eq!(
        (&usual["role"], &usual["percent"]),
        (&json!("current"), &json!(90.0))
    );
    for rate in [&tried, &usual] {
        assert!(rate["p50Us"].as_u64() > Some(0), "{rate}");
        assert!(rate["p99Us"].as_u64() >= rate["p50Us"].as_u64(), "{rate}");
        assert!(rate["sinceTrial"]["turns"].as_u64() > Some(0), "{rate}");
    }
}

/// What an observer sees of a silo and of an actor.
fn looks_at_everything(observer: &Page<'_>, order: &str, digest: &str) {
    let stats = observer.look("/stats");
    let silo = &stats["silos"][0];
    assert_eq!(
        (&silo["state"], &silo["durability"], &silo["store"]),
        (&json!("live"), &json!("fsync"), &json!("embedded"))
    );
    assert!(
        silo["memoryBytes"].as_u64() > Some(1 << 20) && silo["startedAt"].is_string(),
        "{silo}"
    );
    assert!(
        silo["version"].is_string() && silo["name"] == "silo",
        "{silo}"
    );
    let actor = observer.look(&format!("/actors/order/{order}"));
    assert!(
        actor["exists"] == true && actor["pending"].is_array(),
        "{actor}"
    );
    assert!(actor["state"]["value"].is_object(), "{actor}");
    let history = observer.look(&format!("/actors/order/{order}/history"));
    let first = history["messages"].as_array().and_then(|all| all.last());
    assert_eq!(first.expect("a message")["what"], "create", "{history}");
    let found = observer.look(&format!("/actors/order?q={}", &order[4..]));
    assert_eq!(found["keys"], json!([order]));
    let events = observer.look(&format!("/streams/order-events/{order}"));
    assert!(events["newest"].as_u64() > Some(0), "{events}");
    let states = observer.look("/types/order/states");
    assert!(
        states["actors"].as_u64() >= Some(100) && states["layouts"][0]["schema"].is_u64(),
        "{states}"
    );
    let module = observer.look(&format!("/modules/{}", &digest[..12]));
    assert_eq!(module["digest"], json!(digest));
    assert_eq!(
        observer
            .act(
                "POST",
                &format!("/actors/order/{order}/deactivate"),
                &Value::Null
            )
            .status,
        403
    );
}

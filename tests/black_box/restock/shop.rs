//! A restaurant with a supplier of its own, and what its books must say.

use serde_json::{Value, json};

use crate::common::{Pizza, until};

pub(crate) const STOCK: u64 = 1_000_000;
/// Below this the dough is ordered, up to [`STOCK`].
pub(crate) const MARK: u64 = STOCK - 5;
pub(crate) const SHOP: &str = "/api/inventory/napoli";

pub(crate) fn call(pizza: &Pizza, actor: &str, method: &str, arguments: &Value) -> Value {
    let answer = pizza.post(&format!("/api/actors/{actor}/{method}"), arguments);
    assert_eq!(answer.status, 200, "{actor} {method}: {}", answer.text());
    let answer = answer.json();
    answer.get("ok").cloned().unwrap_or(answer)
}

/// One that brings dough, six at a time.
pub(crate) fn supplier(pizza: &Pizza, name: &str, lead_ms: u64, fails_every: Option<u32>) {
    let profile = json!([{
        "name": name, "leadMs": lead_ms, "lotMax": 6, "failsEvery": fails_every,
        "prices": [{"ingredient": "dough", "unitCents": 35}],
    }]);
    call(pizza, &format!("supplier/{name}"), "configure", &profile);
}

pub(crate) fn rule(supplier: &str) -> Value {
    json!({"rules": [{
        "ingredient": "dough", "orderBelow": MARK, "upTo": STOCK, "supplierId": supplier,
    }]})
}

pub(crate) fn set_rule(pizza: &Pizza, rule: &Value) {
    let set = pizza.put(&format!("{SHOP}/rules"), rule);
    assert_eq!(set.status, 200, "{}", set.text());
}

/// Sets dough aside, of which there are so many less then.
pub(crate) fn wish(order: &str, quantity: u32) -> Value {
    json!([order, [{"pizzaType": "Margherita", "quantity": quantity}]])
}

pub(crate) fn dough(pizza: &Pizza) -> Value {
    let stock = pizza.get(SHOP).json();
    let lines = stock["stock"].as_array().expect("lines");
    let dough = lines.iter().find(|line| line["ingredient"] == "dough");
    dough.expect("dough").clone()
}

pub(crate) fn orders(pizza: &Pizza, query: &str) -> Vec<Value> {
    let list = pizza.get(&format!("{SHOP}/orders{query}")).json();
    list["orders"].as_array().expect("orders").clone()
}

pub(crate) fn until_state(pizza: &Pizza, order: &str, state: &str) -> Value {
    until(&format!("{order} to be {state}"), || {
        let all = orders(pizza, "");
        let found = all.into_iter().find(|row| row["orderId"] == order)?;
        (found["state"] == state).then_some(found)
    })
}

pub(crate) fn conserved(pizza: &Pizza) -> Result<(), String> {
    let stock = pizza.get(SHOP).json();
    for line in stock["stock"].as_array().ok_or("no stock")? {
        let count = |name: &str| line[name].as_u64().unwrap_or(u64::MAX / 8);
        let gone = count("onHand") + count("reserved") + count("consumed") + count("wasted");
        if count("supplied") != gone {
            return Err(format!("an ingredient was made or lost: {line}"));
        }
    }
    Ok(())
}

/// After one need for so much dough there was one order, which came once.
pub(crate) fn ordered_once(pizza: &Pizza, supplier: &str, quantity: u64) -> Result<(), String> {
    conserved(pizza)?;
    let all = orders(pizza, "");
    let [order] = &all[..] else {
        return Err(format!("one need became {} orders: {all:?}", all.len()));
    };
    let states = (&order["orderId"], &order["state"]);
    if states != (&"supply-1".into(), &"delivered".into()) {
        return Err(format!("the order did not come: {order}"));
    }
    let supplied = dough(pizza)["supplied"].as_u64();
    if supplied != Some(STOCK + quantity) {
        return Err(format!("{quantity} ordered, and now {supplied:?} supplied"));
    }
    let sold = call(pizza, &format!("supplier/{supplier}"), "get", &json!([]));
    let counts = (&sold["accepted"], &sold["delivered"], &sold["failed"]);
    if counts != (&1.into(), &1.into(), &0.into()) {
        return Err(format!("the supplier heard of other orders: {sold}"));
    }
    let report = pizza.get(&format!("{SHOP}/report")).json();
    let lines = report["ingredients"].as_array().ok_or("no report")?;
    let line = lines.iter().find(|line| line["ingredient"] == "dough");
    let line = line.ok_or("no dough in the report")?;
    let told = (line["supplied"].as_u64(), line["ordered"].as_u64());
    if told != (Some(STOCK + quantity), Some(quantity)) {
        return Err(format!("the report tells otherwise: {line}"));
    }
    Ok(())
}

//! Restaurants for the load: one pizza, plenty of ingredients, and chefs.

use std::net::SocketAddr;

use anyhow::bail;
use hyper::Method;
use serde_json::{Value, json};

use crate::connection::Connection;

const PLENTY: u32 = 4_000_000_000;
const CHEFS: u32 = 3;

pub(super) async fn restaurants(address: SocketAddr, names: &[String]) -> anyhow::Result<()> {
    let mut connection = Connection::open(address).await?;
    for name in names {
        let stock = connection
            .send(Method::GET, &format!("/api/inventory/{name}"), "".into())
            .await?;
        let stock: Value = serde_json::from_slice(&stock.body)?;
        // A bench that ran before has left what is needed.
        if stock["stock"]
            .as_array()
            .is_some_and(|lines| !lines.is_empty())
        {
            continue;
        }
        let recipe = json!([{
            "pizzaType": "Margherita", "priceCents": 890, "ingredients": amounts(1),
        }]);
        tell(
            &mut connection,
            &format!("inventory/{name}/set-recipe"),
            &recipe,
        )
        .await?;
        let stock = json!([amounts(PLENTY)]);
        tell(
            &mut connection,
            &format!("inventory/{name}/restock"),
            &stock,
        )
        .await?;
        for chef in 1..=CHEFS {
            let chef = json!([chef.to_string()]);
            tell(&mut connection, &format!("kitchen/{name}/clock-in"), &chef).await?;
        }
    }
    Ok(())
}

fn amounts(quantity: u32) -> Value {
    let names = ["dough", "tomato", "mozzarella", "basil"];
    names
        .iter()
        .map(|name| json!({"ingredient": name, "quantity": quantity}))
        .collect()
}

async fn tell(connection: &mut Connection, to: &str, arguments: &Value) -> anyhow::Result<()> {
    let path = format!("/api/actors/{to}");
    let answer = connection
        .send(Method::POST, &path, arguments.to_string().into())
        .await?;
    if answer.status >= 300 {
        bail!(
            "{path} answers {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
    }
    Ok(())
}

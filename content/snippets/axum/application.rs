//! Serves the handler of every code below the code's own path.
#![allow(dead_code)]

use axum::Router;

//each-snippet mod {module} { include!("codes/{module}.rs"); pub fn add(router: axum::Router) -> axum::Router { router.route("{path}", axum::routing::get(endpoint)) } }

#[tokio::main]
async fn main() {
    let mut router = Router::new();
    //each-snippet router = {module}::add(router);
    let address = std::env::args().nth(1).unwrap();
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    axum::serve(listener, router).await.unwrap();
}

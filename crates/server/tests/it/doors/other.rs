//! The routes that are neither calls of the API nor pages: health, metrics, pictures, and files of the pages. None of
//! them reveals anything about an app.

use super::World;
use kaquan_server::router::PLAIN;

#[test]
fn plain_routes_say_nothing_of_an_app() {
    let world = World::build();
    let server = &world.server;
    let names = [server.app.appid.as_str(), server.app.secret.as_str(), world.other.appid.as_str()];
    for (path, _) in PLAIN {
        let asked = match *path {
            "/static/{name}" => "/static/base.css",
            "/media/{*path}" => "/media/no/such/picture.png",
            "/healthz" | "/readyz" | "/metrics" | "/version" => path,
            path => panic!("{path} has no line in doors/other.rs: say what it shows"),
        };
        let answer = server.send("GET", asked, &[], b"");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        for secret in world.secrets().iter().chain(&names) {
            assert!(!text.contains(secret), "{asked} shows {secret}");
        }
    }
}

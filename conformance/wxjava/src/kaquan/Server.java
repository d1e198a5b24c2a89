package kaquan;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * The server under test and its app, and the holders on it. What a holder does has no call in WeChat's API; it goes
 * over Java's own HTTP client, with a token that the library's token does not retire.
 */
final class Server {
    static final String URL = System.getenv().getOrDefault("KAQUAN_BASE_URL", "").replaceAll("/+$", "");
    static final String APPID = System.getenv().getOrDefault("KAQUAN_APPID", "");
    static final String SECRET = System.getenv().getOrDefault("KAQUAN_SECRET", "");

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static String token;

    private Server() {}

    /** A holder takes a card; the code they get. The members are names and values by turns. */
    static String claim(String openid, String cardId, String... more) {
        JsonObject body = json("openid", openid, "card_id", cardId);
        json(more).asMap().forEach(body::add);
        return own("/wallet/v1/claim", body).get("code").getAsString();
    }

    /** A holder fills in the form of a member card; the reply. */
    static JsonObject fillIn(String openid, String cardId, JsonObject answers) {
        JsonObject body = json("openid", openid, "card_id", cardId);
        answers.asMap().forEach(body::add);
        return own("/wallet/v1/activate/submit", body);
    }

    /** One of kaquan's own calls; it has to succeed. */
    private static JsonObject own(String path, JsonObject body) {
        JsonObject reply = post(path + "?access_token=" + token(), body);
        if (reply.get("errcode").getAsInt() != 0) {
            throw new IllegalStateException(path + " answers " + reply);
        }
        return reply;
    }

    /** The reply to a GET, with its body as bytes. */
    static HttpResponse<byte[]> get(String address) {
        return send(HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    static JsonObject json(String... members) {
        JsonObject object = new JsonObject();
        for (int at = 0; at < members.length; at += 2) {
            object.addProperty(members[at], members[at + 1]);
        }
        return object;
    }

    private static synchronized String token() {
        if (token == null) {
            JsonObject body = json("grant_type", "client_credential", "appid", APPID, "secret", SECRET);
            token = post("/cgi-bin/stable_token", body).get("access_token").getAsString();
        }
        return token;
    }

    private static JsonObject post(String path, JsonObject body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(URL + path))
                .timeout(Duration.ofSeconds(5))
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        return JsonParser.parseString(send(request, HttpResponse.BodyHandlers.ofString()).body()).getAsJsonObject();
    }

    private static <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return HTTP.send(request, handler);
        } catch (IOException | InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }
}

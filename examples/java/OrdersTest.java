// Tests of a mailer and of an API client in Java, against statuary serve: java OrdersTest.java
// With Java 17 or later and nothing else; in a project, the methods of Tests become those of JUnit.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public final class OrdersTest {
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** A running statuary serve, on free ports, and its admin API. */
    static final class Statuary implements AutoCloseable {
        private final Process process;
        private final String facts;
        final URI site;
        final URI http;
        final URI smtp;

        Statuary(String... options) throws IOException {
            String named = System.getenv("STATUARY"); // the name of the command, where it is not on the PATH
            List<String> command = new ArrayList<>(List.of(named == null ? "statuary" : named, "serve", "--free-ports", "--json"));
            command.addAll(Arrays.asList(options));
            process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            facts = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
            if (facts == null) {
                throw new IOException("statuary serve did not start");
            }
            site = URI.create(text(facts, "site"));
            http = URI.create(text(facts, "http"));
            smtp = URI.create(text(facts, "smtp"));
        }

        /** The text of a member of a JSON object; a JSON library does better in a project that has one. */
        static String text(String json, String name) {
            Matcher found = Pattern.compile("\"" + name + "\": ?\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(json);
            return found.find() ? found.group(1) : "";
        }

        /** Ask the admin API; an error of it is an exception here. */
        String call(String path, String body) throws IOException, InterruptedException {
            HttpRequest request = HttpRequest.newBuilder(site.resolve(path))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            HttpResponse<String> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() >= 400) {
                throw new IOException("POST " + path + ": " + text(response.body(), "message"));
            }
            return response.body();
        }

        /** Add a rule, as rule files have it. */
        void on(String rule) throws IOException, InterruptedException {
            call("/api/rules", rule);
        }

        /** Fail, with transcript and seed, unless so many exchanges fit. */
        void verify(int exactly, String filter) throws IOException, InterruptedException {
            String verdict = call("/api/journal/verify", "{\"exactly\": " + exactly + ", \"filter\": " + filter + "}");
            if (!verdict.contains("\"ok\":true")) {
                throw new AssertionError(verdict.replace("\\n", "\n"));
            }
        }

        /** Wait for mail to a recipient, and give it as JSON. */
        String messages(String recipient) throws IOException, InterruptedException {
            return call("/api/messages/wait", "{\"recipient\": \"" + recipient + "\", \"count\": 1, \"timeout\": 10}");
        }

        @Override
        public void close() throws IOException {
            process.destroy();
            try {
                if (process.waitFor(20, TimeUnit.SECONDS)) {
                    return;
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            process.destroyForcibly();
            throw new IOException("statuary serve did not end");
        }
    }

    /** Under test: a mailer that tries again after 4yz, never again after 5yz (RFC 5321 section 4.2.1). */
    static final class Mailer {
        static final int ATTEMPTS = 5;

        /** The last reply to a message for one recipient. */
        static int send(URI server, String recipient) throws IOException {
            int code = 0;
            for (int attempt = 0; attempt < ATTEMPTS && (code == 0 || code / 100 == 4); attempt++) {
                code = once(server, recipient);
            }
            return code;
        }

        private static int once(URI server, String recipient) throws IOException {
            try (Socket socket = new Socket(server.getHost(), server.getPort());
                    BufferedReader replies = new BufferedReader(
                            new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
                int code = reply(replies);
                for (String command : List.of("EHLO shop.test", "MAIL FROM:<shop@shop.test>", "RCPT TO:<" + recipient + ">",
                        "DATA", "Subject: Thank you\r\n\r\nIt is on its way.\r\n.")) {
                    if (code >= 400) {
                        break;
                    }
                    say(socket, command);
                    code = reply(replies);
                }
                say(socket, "QUIT");
                reply(replies);
                return code;
            }
        }

        private static void say(Socket socket, String command) throws IOException {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
        }

        private static int reply(BufferedReader replies) throws IOException {
            String line;
            do {
                line = replies.readLine();
                if (line == null) {
                    throw new IOException("the server has closed the connection");
                }
            } while (line.startsWith("-", 3));
            return Integer.parseInt(line.substring(0, 3));
        }
    }

    /** Under test: a client that comes back when the server says so (RFC 9110 section 10.2.3). */
    static HttpResponse<String> order(URI url) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(url)
                .POST(HttpRequest.BodyPublishers.ofString("{\"article\": \"b-17\"}"))
                .build();
        for (int attempt = 1; ; attempt++) {
            HttpResponse<String> response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
            long wait = response.headers().firstValueAsLong("Retry-After").orElse(-1);
            if (response.statusCode() < 300 || wait < 0 || attempt == 5) {
                return response;
            }
            TimeUnit.SECONDS.sleep(wait);
        }
    }

    static void equal(Object expected, Object actual) {
        if (!expected.equals(actual)) {
            throw new AssertionError("expected " + expected + ", found " + actual);
        }
    }

    static void theMailerTriesAgainAfter452(Statuary statuary) throws Exception {
        statuary.on("""
                {"protocol": "smtp", "stage": "rcpt", "match": {"recipient": "full@*"}, "answer": "452 4.2.2 x2 ~ pass"}""");
        equal(250, Mailer.send(statuary.smtp, "full@any.test"));
        statuary.verify(3, """
                {"protocol": "smtp", "stage": "rcpt", "match": {"recipient": "full@any.test"}}""");
        equal(true, Statuary.text(statuary.messages("full@any.test"), "content").startsWith("Subject: Thank you\\r\\n"));
    }

    static void theMailerGivesUpAfter551(Statuary statuary) throws Exception {
        statuary.on("""
                {"protocol": "smtp", "stage": "rcpt", "match": {"recipient": "gone@*"}, "answer": "551 5.1.6"}""");
        equal(551, Mailer.send(statuary.smtp, "gone@any.test"));
        statuary.verify(1, """
                {"protocol": "smtp", "stage": "rcpt", "code": "551"}""");
    }

    static void theClientWaitsWhileTheShopIsBusy(Statuary statuary) throws Exception {
        statuary.on("""
                {"protocol": "http",
                 "match": {"method": "POST", "path": "/orders", "json": {"$.article": "b-*"}},
                 "answer": "503x2 ~ 201",
                 "headers": {"Retry-After": "0"},
                 "json": {"number": 7}}""");
        HttpResponse<String> response = order(statuary.http.resolve("/orders"));
        equal(201, response.statusCode());
        equal("{\"number\": 7}", response.body());
        statuary.verify(2, """
                {"protocol": "http", "code": "503"}""");
    }

    static void aCheckThatFailsSaysWhatWasSaid(Statuary statuary) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(statuary.http.resolve("/status/204")).build();
        equal(204, CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode());
        try {
            statuary.verify(2, "{\"protocol\": \"http\"}");
        } catch (AssertionError failed) {
            equal(true, failed.getMessage().contains("GET /status/204"));
            equal(true, failed.getMessage().contains("\"seed\":"));
            return;
        }
        throw new AssertionError("the check did not fail");
    }

    interface Test {
        void run(Statuary statuary) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        List<Test> tests = List.of(
                OrdersTest::theMailerTriesAgainAfter452,
                OrdersTest::theMailerGivesUpAfter551,
                OrdersTest::theClientWaitsWhileTheShopIsBusy,
                OrdersTest::aCheckThatFailsSaysWhatWasSaid);
        try (Statuary statuary = new Statuary()) {
            for (Test test : tests) {
                statuary.call("/api/reset", "{}");
                test.run(statuary);
            }
        }
        System.out.println(tests.size() + " tests passed");
    }
}

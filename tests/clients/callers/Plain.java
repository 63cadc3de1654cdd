import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks as programs in Java do: by its own client, with the key in the query. */
public class Plain {
  private static final Pattern SCORE = Pattern.compile("\"summaryScore\":\\{\"value\":([0-9.]+)");

  public static void main(String[] texts) throws Exception {
    String server = "https://commentanalyzer.googleapis.com";
    URI address = URI.create(server + "/v1alpha1/comments:analyze?key=" + System.getenv("KEY"));
    List<String> scores = new ArrayList<>();
    for (String text : texts) {
      String body =
          "{\"comment\": {\"text\": \"" + text + "\"}, \"requestedAttributes\": {\"TOXICITY\": {}}}";
      HttpRequest request =
          HttpRequest.newBuilder(address)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      String reply =
          HttpClient.newHttpClient()
              .send(request, HttpResponse.BodyHandlers.ofString())
              .body();
      Matcher found = SCORE.matcher(reply);
      if (!found.find()) {
        throw new IllegalStateException(reply);
      }
      scores.add("{\"TOXICITY\": " + found.group(1) + "}");
    }
    System.out.println(scores);
  }
}

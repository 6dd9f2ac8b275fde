using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Text.Json;
using Azure.Identity;
using BlobCaptioner.Captioning;
using Polly.Timeout;

namespace BlobCaptioner.Remote;

/// <summary>A failed request to a server: HTTP status, code and message, and nothing else of the exception.</summary>
internal sealed record ServerFault
{
    private const int LongestMessage = 400;

    /// <summary>HTTP status; 0 where no whole answer came.</summary>
    public int Status { get; private init; }

    /// <summary>The server's error code in lower case; empty where it has none.</summary>
    public string Code { get; private init; } = "";

    /// <summary>The server's message, shortened.</summary>
    public string Message { get; private init; } = "";

    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>True where the request was broken off by our own timeout.</summary>
    public bool IsTimeout { get; private init; }

    /// <summary>True where the answer was longer than any answer can be.</summary>
    public bool IsEndless { get; private init; }

    /// <summary>Where a redirect leads, scheme and host only; empty where it doesn't say. Null for all else.</summary>
    public string? RedirectsTo { get; private init; }

    /// <summary>True where the same request may succeed later: 408, 429, 5xx, a cut connection, a timeout.</summary>
    public bool IsTransient => !IsEndless && Status is 0 or 408 or 409 or 429 or >= 500;

    /// <summary>True where the server refuses this picture: by a content filter, or because it can't read the image.</summary>
    public bool IsAboutPicture => Status is 400 or 413 or 415 or 422
        && (Status == 413
            || Code.Contains("content_filter", StringComparison.Ordinal)
            || Code.Contains("content_policy", StringComparison.Ordinal)
            || Code.Contains("responsibleaipolicy", StringComparison.Ordinal)
            || (Code.Contains("image", StringComparison.Ordinal) && !Code.Contains("unsupported_model", StringComparison.Ordinal))
            || SaysImageIsBad(Message));

    /// <summary>True where a content filter caused <see cref="IsAboutPicture"/>.</summary>
    public bool IsFiltered => Code.Contains("content", StringComparison.Ordinal) || Code.Contains("responsibleaipolicy", StringComparison.Ordinal);

    /// <summary>True where prompt, picture and answer don't fit the server's context.</summary>
    public bool IsTooLong => Status is 400 or 422
        && (Code.Contains("context_length", StringComparison.Ordinal)
            || Code.Contains("exceed_context", StringComparison.Ordinal)
            || Message.Contains("context length", StringComparison.OrdinalIgnoreCase)
            || Message.Contains("context size", StringComparison.OrdinalIgnoreCase));

    /// <summary>The fault behind an exception; null where neither the connection nor the server caused it.</summary>
    /// <param name="error">The exception.</param>
    /// <param name="now">For Retry-After as a date.</param>
    public static ServerFault? Of(Exception? error, DateTimeOffset now) => error switch
    {
        TimeoutRejectedException => new() { IsTimeout = true, Message = "No whole answer came in time." },
        AuthenticationFailedException noToken => new() { Status = 401, Message = Shorten(noToken.Message) },
        ClientResultException { Status: > 0 } refused => Read(refused, now),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }
            or ClientResultException { InnerException: HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } } => new() { IsEndless = true },
        ClientResultException or HttpRequestException or IOException => new() { Message = Shorten((error.InnerException ?? error).Message) },
        _ => null,
    };

    private static ServerFault Read(ClientResultException refused, DateTimeOffset now)
    {
        var response = refused.GetRawResponse();
        var (code, message) = ReadBody(response?.Content);
        return new()
        {
            Status = refused.Status,
            Code = code.ToLowerInvariant(),
            Message = Shorten(message),
            RedirectsTo = refused.Status is >= 300 and < 400 ? Place(response) : null,
            RetryAfter = response is null ? null : ReadWait(name => response.Headers.TryGetValue(name, out var value) ? value : null, now),
        };
    }

    // Not the whole address: its query may hold a token.
    private static string Place(PipelineResponse? response) =>
        response is not null && response.Headers.TryGetValue("Location", out var text) && Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out var address)
            ? Shorten(address.IsAbsoluteUri ? $"{address.Scheme}://{address.Authority}" : "another path of the same host")
            : "";

    private static TimeSpan? ReadWait(Func<string, string?> header, DateTimeOffset now)
    {
        if (double.TryParse(header("retry-after-ms"), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 0 and < 1e10)
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }

        var text = header("Retry-After");
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1e7)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at > now ? at - now : null;
    }

    /// <summary>OpenAI's <c>{"error":{"code","message","type"}}</c>, vLLM's older one without the outer object, or plain text.</summary>
    private static (string Code, string Message) ReadBody(BinaryData? body)
    {
        if (body is null || body.ToMemory().Length == 0)
        {
            return ("", "");
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            var error = document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("error", out var inner)
                ? inner
                : document.RootElement;
            if (error.ValueKind == JsonValueKind.Object)
            {
                return (string.Join(' ', Text(error, "code"), Text(error, "type"), InnerCode(error)).Trim(), Text(error, "message"));
            }

            return ("", error.ToString());
        }
        catch (JsonException)
        {
            return ("", body.ToString());
        }
    }

    private static string InnerCode(JsonElement error) =>
        error.TryGetProperty("innererror", out var inner) && inner.ValueKind == JsonValueKind.Object ? Text(inner, "code") : "";

    private static string Text(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    // SGLang, vLLM and llama-server have no error codes for it.
    private static bool SaysImageIsBad(string message) =>
        message.Contains("image", StringComparison.OrdinalIgnoreCase)
        && (message.Contains("cannot identify", StringComparison.OrdinalIgnoreCase)
            || message.Contains("decode", StringComparison.OrdinalIgnoreCase)
            || message.Contains("failed to load", StringComparison.OrdinalIgnoreCase)
            || message.Contains("invalid image", StringComparison.OrdinalIgnoreCase)
            || message.Contains("truncated", StringComparison.OrdinalIgnoreCase));

    private static string Shorten(string message)
    {
        var line = message.ReplaceLineEndings(" ").Trim();
        return line.Length <= LongestMessage ? line : line[..LongestMessage] + "…";
    }
}

/// <summary>The errors of a remote model. Readers of records see them. They hold no exception of the client, which may contain the request.</summary>
internal static class ServerErrors
{
    public static CaptionException From(ServerFault fault, string picture, RemoteModelOptions options) => fault switch
    {
        { IsTooLong: true } => new(
            "context-too-small",
            $"The server says that '{picture}' does not fit its context: {fault.Message}",
            "Start the server with a longer context for each slot, or lower the profile's image token budget or its fields' limits.",
            retry: false),
        { RedirectsTo: { } target } => new(
            "server-redirects",
            $"The server {options.BaseAddress} redirects (HTTP {fault.Status}) to {(target.Length > 0 ? target : "an address that it doesn't give")}. Redirects are not followed: pictures go to the configured host only.",
            "Give the address that answers itself as Remote:Endpoint (--server).",
            retry: true),
        { IsAboutPicture: true, IsFiltered: true } => Filtered(picture, fault.Message),
        { IsAboutPicture: true } => new(
            "server-image-refused",
            $"The server can't use '{picture}' (HTTP {fault.Status}): {fault.Message}",
            "Check that the picture opens in a viewer, and that the server's model takes pictures of this size.",
            retry: false),
        { IsTimeout: true } => new(
            "server-timeout",
            $"The server did not answer within {options.Timeout.TotalSeconds:0.#} s, {options.MaxRetries + 1} times, for '{picture}'.",
            "Raise Remote:Timeout, or lower Remote:Concurrency so that the server's queue is shorter.",
            retry: true),
        { Status: 0 } => new(
            "server-unreachable",
            $"The server {options.BaseAddress} can't be reached or cut the connection: {fault.Message}",
            "Check that it runs, and Remote:Endpoint (--server).",
            retry: true),
        { Status: 429 } => new(
            "server-busy",
            $"The server refused '{picture}' for too many requests, {options.MaxRetries + 1} times.",
            "Lower Remote:Concurrency, or raise the deployment's quota.",
            retry: true),
        { Status: 401 or 403 } => new(
            "server-sign-in",
            $"The server {options.BaseAddress} refused the sign-in (HTTP {fault.Status}).",
            options.UseManagedIdentity
                ? "Give the identity the role 'Cognitive Services OpenAI User' on the resource, and check Remote:TokenScope."
                : "Check the key that Remote:ApiKey, ApiKeyEnvironment or ApiKeyFile gives (--server-key-env).",
            retry: true),
        { Status: 404 } => new(
            "server-no-model",
            $"The server {options.BaseAddress} does not know the model '{options.Model}' or the address: {fault.Message}",
            "Check Remote:Model (--server-model; for Azure the deployment's name) and Remote:Endpoint (--server).",
            retry: true),
        { IsTransient: true } => new(
            "server-failed",
            $"The server failed for '{picture}' with HTTP {fault.Status}, {options.MaxRetries + 1} times: {fault.Message}",
            "Look into the server's log.",
            retry: true),
        _ => new(
            "server-refused",
            $"The server refused the request for '{picture}' (HTTP {fault.Status}): {fault.Message}",
            "src/BlobCaptioner/Models/README.md, section Model servers, says what each needs set (Remote:SendSampling, Remote:SchemaMaxLength, Remote:TopLogprobs).",
            retry: true),
    };

    /// <summary>The error of the question at start-up.</summary>
    /// <param name="fault">What ended it.</param>
    /// <param name="before">The fault before that; null for none.</param>
    /// <param name="options">The limits.</param>
    public static CaptionException OfStart(ServerFault fault, ServerFault? before, RemoteModelOptions options) => fault switch
    {
        { IsTimeout: true } => new(
            "server-timeout",
            $"The server {options.BaseAddress} gave no list of models in time (at most {Seconds(options.Timeout)} a try, {Seconds(options.StartTimeout)} in all)"
                + (before is { IsTimeout: false } ? $"; before that it failed with HTTP {before.Status}: {before.Message}" : "."),
            "Check that it runs and answers GET models, or raise Remote:StartTimeout and Remote:Timeout.",
            retry: true),
        { IsEndless: true } => new(
            "server-endless",
            $"The server {options.BaseAddress} answers with more than {ServerClient.MostAnswerBytes:N0} bytes where a list of models should be.",
            "Check Remote:Endpoint (--server): the address must be a server with OpenAI's API.",
            retry: true),
        { RetryAfter: { } wait } when wait > options.StartTimeout => new(
            "server-busy",
            $"The server {options.BaseAddress} refuses for now (HTTP {fault.Status}) and asks to wait {Seconds(wait)}; the start waits at most {Seconds(options.StartTimeout)}.",
            "Start again later, or raise Remote:StartTimeout.",
            retry: true),
        _ => From(fault, "the list of models", options),
    };

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:N0} s");

    public static CaptionException Filtered(string picture, string message) => new(
        "content-filtered",
        $"The server's content filter refused '{picture}'. {message}".TrimEnd(),
        "Look at the picture; if it is harmless, relax the deployment's filter and run: captioner sweep --retry-failed.",
        retry: false);

    public static CaptionException Refused(string picture, string message) => new(
        "model-refused",
        $"The model refused to describe '{picture}': {message}",
        "Look at the picture; if it is harmless, word the profile's instruction differently.",
        retry: false);

    public static CaptionException BadAnswer(string picture, string first, string second) => new(
        "bad-answer",
        $"The model's answer for '{picture}' could not be used. {first} It was told, and answered again. {second}",
        "Check that the server enforces JSON schemas (src/BlobCaptioner/Models/README.md, section Model servers), then run: captioner sweep --retry-failed.",
        retry: true)
    {
        IsFinal = true,
    };
}

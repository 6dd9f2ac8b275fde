using BlobCaptioner.Captioning;

namespace BlobCaptioner.Remote;

/// <summary>The errors of a remote model in the words of those who read caption records. No exception of the client goes in: it may hold what was sent.</summary>
internal static class ServerErrors
{
    public static CaptionException From(ServerFault fault, string picture, RemoteModelOptions options) => fault switch
    {
        { IsTooLong: true } => new(
            "context-too-small",
            $"The server says that '{picture}' does not fit its context: {fault.Message}",
            "Start the server with a longer context for each slot, or lower the profile's image token budget or its fields' limits.",
            retry: false),
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
            "See README, model servers: what each needs set (Remote:SendSampling, Remote:SchemaMaxLength, Remote:TopLogprobs).",
            retry: true),
    };

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
        "Check that the server enforces JSON schemas (README, model servers), then run: captioner sweep --retry-failed.",
        retry: true)
    {
        IsFinal = true,
    };

    public static CaptionException Stopping() => new(
        "stopping", "The worker stopped before the picture was described.", "Nothing: it is tried again by the next worker.", retry: true);
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Remote;

/// <summary>
/// A model server that speaks OpenAI's chat completions (SGLang, vLLM, llama-server, Azure OpenAI / Foundry); configuration section <c>Remote</c>.
/// </summary>
public sealed class RemoteModelOptions : IValidatableObject
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Remote";

    /// <summary>The server's base address, http or https.</summary>
    /// <value>
    /// Required: <c>http://127.0.0.1:8000/v1</c>, <c>https://NAME.openai.azure.com/openai/v1</c>. Without a path, <c>/v1</c> is added, and <c>/openai/v1</c> for Azure's hosts.
    /// </value>
    [Required]
    public Uri? Endpoint { get; set; }

    /// <summary>The model's name as the server knows it; for Azure the deployment's name.</summary>
    /// <value>Required: 1 to 200 printable ASCII characters: it goes into records and blob metadata.</value>
    [Required]
    [RegularExpression("^[!-~]{1,200}$", ErrorMessage = "Give 1 to 200 printable ASCII characters.")]
    public string Model { get; set; } = "";

    /// <summary>Which version of the model that is (a commit, a quantization, Azure's model version); a new one makes the sweep describe pictures again.</summary>
    /// <value>Up to 100 printable ASCII characters; empty (default) where the name says it all.</value>
    [RegularExpression("^[!-~]{0,100}$", ErrorMessage = "Give at most 100 printable ASCII characters.")]
    public string Revision { get; set; } = "";

    /// <summary>The API key, sent as bearer token and never logged. At most one of this, <see cref="ApiKeyEnvironment"/>, <see cref="ApiKeyFile"/> and <see cref="UseManagedIdentity"/>.</summary>
    /// <value>Default null: no key, which local servers accept.</value>
    [PasswordPropertyText(true)]
    public string? ApiKey { get; set; }

    /// <summary>Name of an environment variable that holds the API key.</summary>
    /// <value>Default null: none.</value>
    public string? ApiKeyEnvironment { get; set; }

    /// <summary>File that holds the API key and nothing else, as container platforms mount secrets.</summary>
    /// <value>Default null: none.</value>
    public string? ApiKeyFile { get; set; }

    /// <summary>True signs in by Azure identity: the managed identity in Azure, <c>az login</c> at home. Needs https.</summary>
    /// <value>Default false.</value>
    public bool UseManagedIdentity { get; set; }

    /// <summary>Client id of the user-assigned identity.</summary>
    /// <value>Default null: the environment's <c>AZURE_CLIENT_ID</c>, else the system-assigned one.</value>
    public string? ManagedIdentityClientId { get; set; }

    /// <summary>What the identity's token is for.</summary>
    /// <value>Default <c>https://cognitiveservices.azure.com/.default</c>; Foundry projects take <c>https://ai.azure.com/.default</c>.</value>
    [Required]
    public string TokenScope { get; set; } = "https://cognitiveservices.azure.com/.default";

    /// <summary>Requests under way at once; more pictures wait. A server batches what comes together, so give as many as it has slots.</summary>
    /// <value>1 to 1024, default 8.</value>
    [Range(1, 1024)]
    public int Concurrency { get; set; } = 8;

    /// <summary>Longest time for one request, from sending to the whole answer; then it is broken off and tried again.</summary>
    /// <value>1 s to 1 h, default 2 min.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a request is sent again after 408, 429, 5xx, a cut connection or a timeout, before the picture goes back to the queue.</summary>
    /// <value>0 to 20, default 4.</value>
    [Range(0, 20)]
    public int MaxRetries { get; set; } = 4;

    /// <summary>Wait before the first of these; it doubles each time, with jitter.</summary>
    /// <value>1 ms to 5 min, default 1 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait that is our own choice.</summary>
    /// <value>1 ms to 1 h, default 30 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait that a server's Retry-After is granted.</summary>
    /// <value>0 to 1 h, default 5 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest time for the question at start-up whether the server is there, with all retries and waits.</summary>
    /// <value>1 s to 1 h, default 2 min.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>False leaves temperature, top_p and seed out of requests: reasoning models refuse them.</summary>
    /// <value>Default true: the profile's sampling is sent. top_k is not part of OpenAI's API; the server's own default applies.</value>
    public bool SendSampling { get; set; } = true;

    /// <summary>
    /// Whether the JSON schema says <c>maxLength</c>, <c>minItems</c>, <c>maxItems</c> and <c>pattern</c>. Azure OpenAI refuses schemas that do; limits then stand in the
    /// field's description only.
    /// </summary>
    /// <value>Default null: true but for Azure's hosts.</value>
    public bool? SchemaMaxLength { get; set; }

    /// <summary>Tokens that an answer may take beyond what the profile's limits need: room for a reasoning model's thoughts.</summary>
    /// <value>0 to 65536, default 0.</value>
    [Range(0, 65_536)]
    public int ExtraOutputTokens { get; set; }

    /// <summary>Alternatives per token to ask for, from which the attributes' confidence is computed; 0 asks for none and leaves it unknown (null).</summary>
    /// <value>0 to 20, default 0. SGLang, vLLM and llama-server serve it, Azure for models that don't reason.</value>
    [Range(0, 20)]
    public int TopLogprobs { get; set; }

    /// <summary>Price of a million tokens read, pictures included.</summary>
    /// <value>0 to 1,000,000 in <see cref="Currency"/>; null (default) where no cost is counted. Goes with <see cref="OutputPricePerMillion"/>.</value>
    [Range(0d, 1_000_000d)]
    public decimal? InputPricePerMillion { get; set; }

    /// <summary>Price of a million tokens written.</summary>
    /// <value>0 to 1,000,000 in <see cref="Currency"/>; null (default) where no cost is counted. Goes with <see cref="InputPricePerMillion"/>.</value>
    [Range(0d, 1_000_000d)]
    public decimal? OutputPricePerMillion { get; set; }

    /// <summary>Currency of the prices, ISO 4217.</summary>
    /// <value>Default <c>USD</c>.</value>
    [Required]
    [RegularExpression("^[A-Z]{3}$", ErrorMessage = "Give an ISO 4217 code such as USD.")]
    public string Currency { get; set; } = "USD";

    /// <summary>True where <see cref="Endpoint"/> is one of Azure's hosts for models.</summary>
    public bool IsAzure => Endpoint is { IsAbsoluteUri: true, Host: var host }
        && (host.EndsWith(".openai.azure.com", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".services.ai.azure.com", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".cognitiveservices.azure.com", StringComparison.OrdinalIgnoreCase));

    /// <summary>The base address with its path, ending in a slash.</summary>
    internal Uri BaseAddress
    {
        get
        {
            var path = Endpoint!.AbsolutePath.Trim('/');
            path = path.Length > 0 ? path : IsAzure ? "openai/v1" : "v1";
            return new UriBuilder(Endpoint) { Path = $"/{path}/", Query = "", Fragment = "" }.Uri;
        }
    }

    internal bool LimitsInSchema => SchemaMaxLength ?? !IsAzure;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Endpoint is { } endpoint)
        {
            if (!endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https"))
            {
                yield return new("Give an http or https address such as http://127.0.0.1:8000/v1.", [nameof(Endpoint)]);
            }
            else if (endpoint.UserInfo.Length > 0)
            {
                yield return new($"It holds a user or password. Give a key by {Section}:ApiKeyEnvironment or {Section}:ApiKeyFile.", [nameof(Endpoint)]);
            }
            else if (UseManagedIdentity && endpoint.Scheme != "https")
            {
                yield return new($"{Section}:UseManagedIdentity needs an https address.", [nameof(Endpoint)]);
            }
        }

        string?[] ways = [ApiKey, ApiKeyEnvironment, ApiKeyFile, UseManagedIdentity ? "identity" : null];
        if (ways.Count(w => !string.IsNullOrEmpty(w)) > 1)
        {
            yield return new(
                $"{Section} has more than one of ApiKey, ApiKeyEnvironment, ApiKeyFile and UseManagedIdentity. Keep one.");
        }

        if (InputPricePerMillion is null != OutputPricePerMillion is null)
        {
            yield return new($"{Section}:InputPricePerMillion and {Section}:OutputPricePerMillion belong together. Set both or none.");
        }

        if (MaxRetryDelay < RetryDelay)
        {
            yield return new($"It must be at least {Section}:RetryDelay, {RetryDelay}.", [nameof(MaxRetryDelay)]);
        }
    }
}

/// <summary>Checks <see cref="RemoteModelOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class RemoteModelOptionsValidator : IValidateOptions<RemoteModelOptions>;

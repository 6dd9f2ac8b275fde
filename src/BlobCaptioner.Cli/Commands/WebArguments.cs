using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Web.Setup;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Options of the page: <c>--port</c>, <c>--listen</c>, <c>--host</c>, <c>--token</c>, <c>--platform-sign-in</c>, and its limits.</summary>
internal sealed class WebArguments : OptionGroup
{
    private const string TokenVariable = "CAPTIONER_WEB_TOKEN";

    private readonly Option<int?> _port = NumberOption.Create("--port", $"Port of the page; 0 for any free one. Default {WebOptions.DefaultPort}, or the next free one.", 0, 65535);

    private readonly Option<string> _listen = new("--listen")
    {
        Description = "Address to listen at: 127.0.0.1, the default, for this machine only; 0.0.0.0 for all, which needs --token or --platform-sign-in.",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => "127.0.0.1",
    };

    private readonly Option<string[]> _hosts = new("--host")
    {
        Description = "A host name that is accepted beside localhost. Requests for other hosts are refused.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = $"Token that visitors give, at least 16 characters: in the first address (/?token=...) or as 'Authorization: Bearer'. Or set {TokenVariable}.",
        HelpName = "TOKEN",
    };

    private readonly Option<bool> _signIn = new("--platform-sign-in")
    {
        Description = "Trust the sign-in of Azure App Service or Container Apps authentication. Safe only behind it.",
    };

    private readonly Option<int> _tryConcurrency = NumberOption.Create(
        "--try-concurrency", "Pictures that visitors try or describe at once, 1 to 64. Four times as many wait; the rest gets 429.", value: 4, 1, 64);

    private readonly Option<int> _tryTimeout = NumberOption.Create("--try-timeout", "Longest time for one of these, in seconds, 1 to 3600.", value: 300, 1, 3_600);

    private readonly Option<int> _exportTimeout = NumberOption.Create("--export-timeout", "Longest time for an export of the page, in seconds, 1 to 86400.", value: 3_600, 1, 86_400);

    /// <inheritdoc/>
    public override void AddTo(Command command)
    {
        command.AddAll(_port, _listen, _hosts, _token, _signIn, _tryConcurrency, _tryTimeout, _exportTimeout);
    }

    /// <summary>The options for the page of a store.</summary>
    public WebOptions Read(ParseResult parse, StoreSession store) => new()
    {
        IndexPath = WebSession.IndexPathOf(store),
        Port = parse.GetValue(_port),
        Address = parse.GetRequiredValue(_listen),
        Hosts = parse.GetRequiredValue(_hosts),
        Token = parse.GetValue(_token) ?? (Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } token ? token : null),
        PlatformSignIn = parse.GetValue(_signIn),
        TryConcurrency = parse.GetValue(_tryConcurrency),
        TryTimeout = TimeSpan.FromSeconds(parse.GetValue(_tryTimeout)),
        ExportTimeout = TimeSpan.FromSeconds(parse.GetValue(_exportTimeout)),
    };
}

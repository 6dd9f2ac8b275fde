using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Web.Setup;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Options of the page: <c>--port</c>, <c>--listen</c>, <c>--host</c>, <c>--token</c>, <c>--platform-sign-in</c>.</summary>
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

    /// <inheritdoc/>
    public override void AddTo(Command command)
    {
        command.AddAll(_port, _listen, _hosts, _token, _signIn);
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
    };
}

using System.CommandLine;
using BlobCaptioner.Cli.Hosting;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Where the page is served: <c>--port</c>, <c>--listen</c>, <c>--host</c>, <c>--token</c>, <c>--platform-sign-in</c>.</summary>
internal sealed class WebArguments
{
    private const string TokenVariable = "CAPTIONER_WEB_TOKEN";

    private readonly Option<int?> _port = NumberOption.Create("--port", $"Port of the page; 0 for any. Default {WebChoice.UsualPort}, or the next that is free.", 0, 65535);

    private readonly Option<string> _listen = new("--listen")
    {
        Description = "Address of the page: 127.0.0.1, the default, for this machine only; 0.0.0.0 for all, with a token or the platform's sign-in.",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => "127.0.0.1",
    };

    private readonly Option<string[]> _hosts = new("--host")
    {
        Description = "A host name under which the page is reached, beside localhost; requests for others are refused.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = $"What visitors must show, 16 characters or more: in the page's first address (/?token=...) or as 'Authorization: Bearer'. Or set {TokenVariable}.",
        HelpName = "TOKEN",
    };

    private readonly Option<bool> _signIn = new("--platform-sign-in")
    {
        Description = "Trusts the sign-in of Azure's App Service or Container Apps authentication. Only behind it.",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_port);
        command.Add(_listen);
        command.Add(_hosts);
        command.Add(_token);
        command.Add(_signIn);
    }

    /// <summary>What was chosen.</summary>
    public WebChoice Read(ParseResult parse) => new()
    {
        Port = parse.GetValue(_port),
        Address = parse.GetRequiredValue(_listen),
        Hosts = parse.GetRequiredValue(_hosts),
        Token = parse.GetValue(_token) ?? (Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } token ? token : null),
        PlatformSignIn = parse.GetValue(_signIn),
    };
}

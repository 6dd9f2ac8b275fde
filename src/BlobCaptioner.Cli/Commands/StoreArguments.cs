using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Which store: <c>--connection</c>, or <c>--data</c> and the Azurite that serves it; and the names in it.</summary>
internal sealed class StoreArguments
{
    private const string ConnectionVariable = "CAPTIONER_CONNECTION";

    private const string DataVariable = "CAPTIONER_DATA";

    private readonly Option<string?> _connection = new("--connection", "-c")
    {
        Description = "A storage connection string, UseDevelopmentStorage=true, or https://ACCOUNT.blob.core.windows.net to sign in as whoever " +
            $"is signed in to Azure. Default: the environment variable {ConnectionVariable}; without it, the Azurite of --data.",
        HelpName = "STORE",
    };

    private readonly Option<string> _data = new("--data", "-d")
    {
        Description = "Folder of the local Azurite's data. The first command to name it starts Azurite and stops it when it ends; others use that one. " +
            $"Or set {DataVariable}.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(DataVariable) is { Length: > 0 } folder ? folder : "./data",
    };

    private readonly Option<string> _container = new("--container")
    {
        Description = "Container of the pictures and their records.",
        HelpName = "NAME",
        DefaultValueFactory = _ => new StorageOptions().ImagesContainer,
    };

    private readonly Option<string> _prepared = new("--prepared-container")
    {
        Description = "Container for prepared pictures, which only captioner uses.",
        HelpName = "NAME",
        DefaultValueFactory = _ => new StorageOptions().PreparedContainer,
    };

    private readonly Option<string> _queue = new("--queue")
    {
        Description = "Queue of caption jobs; what is given up goes to NAME-poison.",
        HelpName = "NAME",
        DefaultValueFactory = _ => new StorageOptions().CaptionsQueue,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_connection);
        command.Add(_data);
        command.Add(_container);
        command.Add(_prepared);
        command.Add(_queue);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_connection) is { Implicit: false } && result.GetResult(_data) is { Implicit: false })
            {
                result.AddError("--connection and --data exclude each other: give the store to use, or the folder of a local one.");
            }
        });
    }

    /// <summary>What was chosen.</summary>
    public StoreChoice Read(ParseResult parse)
    {
        var dataGiven = parse.GetResult(_data) is { Implicit: false };
        var connection = parse.GetValue(_connection) ?? (dataGiven ? null : Environment.GetEnvironmentVariable(ConnectionVariable));
        var queue = parse.GetRequiredValue(_queue);
        return new()
        {
            Connection = string.IsNullOrWhiteSpace(connection) ? null : connection,
            DataDirectory = Path.GetFullPath(parse.GetRequiredValue(_data)),
            Names = new()
            {
                ImagesContainer = parse.GetRequiredValue(_container),
                PreparedContainer = parse.GetRequiredValue(_prepared),
                CaptionsQueue = queue,
                PoisonQueue = queue + "-poison",
            },
        };
    }
}

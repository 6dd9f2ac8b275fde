using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Options of the store: <c>--connection</c>, or <c>--data</c> of a local Azurite, and the names of containers and queue.</summary>
internal sealed class StoreArguments : OptionGroup
{
    private const string ConnectionVariable = "CAPTIONER_CONNECTION";

    private const string DataVariable = "CAPTIONER_DATA";

    private readonly Option<string?> _connection = new("--connection", "-c")
    {
        Description = "A storage connection string, UseDevelopmentStorage=true, or https://ACCOUNT.blob.core.windows.net with your Azure sign-in. " +
            $"Default: the environment variable {ConnectionVariable}, else the Azurite of --data.",
        HelpName = "STORE",
    };

    private readonly Option<string> _data = new("--data", "-d")
    {
        Description = "Data folder of the local Azurite. The first command that uses it starts Azurite, and stops it at its end; others share it. " +
            $"Or set {DataVariable}.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(DataVariable) is { Length: > 0 } folder ? folder : "./data",
    };

    private readonly Option<string> _container = new("--container")
    {
        Description = "Container of pictures and records.",
        HelpName = "NAME",
        DefaultValueFactory = _ => new StorageOptions().ImagesContainer,
    };

    private readonly Option<string> _prepared = new("--prepared-container")
    {
        Description = "Container of prepared pictures, for captioner only.",
        HelpName = "NAME",
        DefaultValueFactory = _ => new StorageOptions().PreparedContainer,
    };

    private readonly Option<string> _queue = new("--queue")
    {
        Description = "Queue of caption jobs; failed jobs go to NAME-poison.",
        HelpName = "NAME",
        DefaultValueFactory = _ => new StorageOptions().CaptionsQueue,
    };

    /// <inheritdoc/>
    public override void AddTo(Command command)
    {
        command.AddAll(_connection, _data, _container, _prepared, _queue);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_connection) is { Implicit: false } && result.GetResult(_data) is { Implicit: false })
            {
                result.AddError("--connection and --data exclude each other: give a store, or the folder of a local one.");
            }
        });
    }

    /// <summary>The chosen store.</summary>
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

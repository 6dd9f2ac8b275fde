using Azure.Core;
using Azure.Identity;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>Connects to the storage account that the settings name; makes no request.</summary>
/// <remarks>
/// The setting <c>CaptionStorage</c> is a connection string, or a section as the Functions host reads it for its triggers too: <c>blobServiceUri</c>, <c>queueServiceUri</c>,
/// <c>credential</c> (<c>managedidentity</c>, or nothing for <see cref="DefaultAzureCredential"/>) and <c>clientId</c> (nothing takes <c>AZURE_CLIENT_ID</c>, else the
/// system-assigned identity).
/// </remarks>
public static class StorageConnection
{
    internal const string Setting = "CaptionStorage";
    internal const string BlobServiceUri = "blobServiceUri";
    internal const string QueueServiceUri = "queueServiceUri";
    internal const string Credential = "credential";
    internal const string ClientId = "clientId";
    private const string ManagedIdentity = "managedidentity";

    /// <summary>Connects, with names and retries from section <c>Storage</c>.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static CaptionStorage Connect(IConfiguration configuration) =>
        Connect(configuration, SettingsBinding.Read<StorageOptions, StorageOptionsValidator>(configuration, StorageOptions.Section));

    internal static CaptionStorage Connect(IConfiguration configuration, StorageOptions options)
    {
        var section = configuration.GetSection(Setting);
        var hasAddresses = section.GetChildren().Any(child => !string.IsNullOrWhiteSpace(child.Value));
        if (!string.IsNullOrWhiteSpace(section.Value))
        {
            return hasAddresses
                ? throw new SettingsException($"'{Setting}' is set both as a connection string and as '{Key(BlobServiceUri)}' and others. Remove one of them.")
                : ConnectByString(section.Value, options);
        }

        if (!hasAddresses)
        {
            throw new SettingsException(
                $"'{Setting}' is not set. Set it to a connection string (Azurite: UseDevelopmentStorage=true), "
                + $"or set '{Key(BlobServiceUri)}' and '{Key(QueueServiceUri)}' to the account's addresses.");
        }

        return CaptionStorage.Connect(
            ReadAddress(section, BlobServiceUri, "blob"), ReadAddress(section, QueueServiceUri, "queue"), CreateCredential(configuration, section), options);
    }

    private static CaptionStorage ConnectByString(string connection, StorageOptions options)
    {
        try
        {
            return CaptionStorage.Connect(connection, options);
        }
        catch (ArgumentException error)
        {
            // Without the value: it may hold a key.
            throw new SettingsException($"'{Setting}': {error.Message}", error);
        }
    }

    private static Uri ReadAddress(IConfigurationSection section, string name, string service)
    {
        var text = section[name];
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new SettingsException($"'{Key(name)}' is not set. Set it to https://ACCOUNT.{service}.core.windows.net.");
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
            ? address
            : throw new SettingsException($"'{Key(name)}' is '{text}'. It takes an https address like https://ACCOUNT.{service}.core.windows.net.");
    }

    private static TokenCredential CreateCredential(IConfiguration configuration, IConfigurationSection section)
    {
        var clientId = section[ClientId] is { Length: > 0 } own ? own : configuration["AZURE_CLIENT_ID"];
        var kind = section[Credential];
        if (string.IsNullOrWhiteSpace(kind))
        {
            return new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = string.IsNullOrWhiteSpace(clientId) ? null : clientId });
        }

        return kind.Equals(ManagedIdentity, StringComparison.OrdinalIgnoreCase)
            ? new ManagedIdentityCredential(string.IsNullOrWhiteSpace(clientId) ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(clientId))
            : throw new SettingsException($"'{Key(Credential)}' is '{kind}'. It takes '{ManagedIdentity}', or nothing for whatever signs in on this machine.");
    }

    private static string Key(string name) => $"{Setting}__{name}";
}

/// <summary>
/// Creates missing containers and queues where the connection has the account's key, so that a function app needs only Azurite or an empty account.
/// With an identity it does nothing: on Azure the identity may use containers and queues but not create them, and infra has created them.
/// A failure is logged and does not stop the app: whatever needs storage reports the failure and is tried again.
/// </summary>
internal sealed partial class StorageSetup(CaptionStorage storage, ILogger<StorageSetup> logger) : IHostedService
{
    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!storage.HasAccountKey)
        {
            return;
        }

        try
        {
            await storage.CreateIfNotExistsAsync(cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            NotCreated(error, storage.Images.AccountName);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(130, LogLevel.Warning, "The containers and queues in storage account '{Account}' could not be looked at or created")]
    private partial void NotCreated(Exception error, string account);
}

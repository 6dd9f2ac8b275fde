using Azure.Core;
using Azure.Identity;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Configuration;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>Connects to the storage account that the settings name; makes no request.</summary>
public static class StorageConnection
{
    private const string ManagedIdentity = "managedidentity";

    /// <summary>Connects.</summary>
    /// <param name="configuration">
    /// All settings: <c>CaptionStorage</c> with a connection string, or <c>CaptionStorage:blobServiceUri</c> and <c>CaptionStorage:queueServiceUri</c>
    /// with <c>credential</c> and <c>clientId</c>, as the Functions host reads them too; names and retries from <c>Storage</c>.
    /// </param>
    /// <exception cref="SettingsException">A setting is missing or wrong.</exception>
    public static CaptionStorage Connect(IConfiguration configuration)
    {
        var options = SettingsReader.Read<StorageOptions>(configuration, SettingNames.Storage);
        var section = configuration.GetSection(SettingNames.Connection);
        var hasAddresses = section.GetChildren().Any(child => !string.IsNullOrWhiteSpace(child.Value));
        if (!string.IsNullOrWhiteSpace(section.Value))
        {
            return hasAddresses
                ? throw new SettingsException(
                    $"'{SettingNames.Connection}' is set both as a connection string and as '{Key(SettingNames.BlobServiceUri)}' and others. Remove one of them.")
                : ConnectByString(section.Value, options);
        }

        if (!hasAddresses)
        {
            throw new SettingsException(
                $"'{SettingNames.Connection}' is not set. Set it to a connection string (Azurite: UseDevelopmentStorage=true), "
                + $"or set '{Key(SettingNames.BlobServiceUri)}' and '{Key(SettingNames.QueueServiceUri)}' to the account's addresses.");
        }

        return CaptionStorage.Connect(
            ReadAddress(section, SettingNames.BlobServiceUri, "blob"),
            ReadAddress(section, SettingNames.QueueServiceUri, "queue"),
            CreateCredential(configuration, section),
            options);
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
            throw new SettingsException($"'{SettingNames.Connection}': {error.Message}", error);
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
            : throw new SettingsException($"'{Key(name)}' is '{text}'; it takes an https address like https://ACCOUNT.{service}.core.windows.net.");
    }

    private static TokenCredential CreateCredential(IConfiguration configuration, IConfigurationSection section)
    {
        var clientId = section[SettingNames.ClientId] is { Length: > 0 } own ? own : configuration[SettingNames.AzureClientId];
        var kind = section[SettingNames.Credential];
        if (string.IsNullOrWhiteSpace(kind))
        {
            return new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = string.IsNullOrWhiteSpace(clientId) ? null : clientId });
        }

        if (!kind.Equals(ManagedIdentity, StringComparison.OrdinalIgnoreCase))
        {
            throw new SettingsException(
                $"'{Key(SettingNames.Credential)}' is '{kind}'; it takes '{ManagedIdentity}', or nothing for whatever signs in on this machine.");
        }

        return new ManagedIdentityCredential(
            string.IsNullOrWhiteSpace(clientId) ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(clientId));
    }

    private static string Key(string name) => SettingsReader.Variable($"{SettingNames.Connection}:{name}");
}

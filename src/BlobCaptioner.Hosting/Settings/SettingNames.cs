namespace BlobCaptioner.Hosting.Settings;

/// <summary>
/// The settings that every host reads, as configuration keys. In environment variables <c>:</c> is written <c>__</c>.
/// </summary>
public static class SettingNames
{
    /// <summary>
    /// The storage account: a connection string, or a section with <see cref="BlobServiceUri"/>, <see cref="QueueServiceUri"/> and how to sign in.
    /// Also the <c>Connection</c> of the Functions triggers.
    /// </summary>
    public const string Connection = "CaptionStorage";

    /// <summary>In <see cref="Connection"/>: the account's blob address, <c>https://ACCOUNT.blob.core.windows.net</c>.</summary>
    public const string BlobServiceUri = "blobServiceUri";

    /// <summary>In <see cref="Connection"/>: the account's queue address, <c>https://ACCOUNT.queue.core.windows.net</c>.</summary>
    public const string QueueServiceUri = "queueServiceUri";

    /// <summary>In <see cref="Connection"/>: <c>managedidentity</c>, or nothing for whatever signs in here (environment, managed identity, Azure CLI).</summary>
    public const string Credential = "credential";

    /// <summary>In <see cref="Connection"/>: the client id of a user-assigned identity; nothing takes the system-assigned one.</summary>
    public const string ClientId = "clientId";

    /// <summary>Section of <see cref="BlobCaptioner.Storage.StorageOptions"/>.</summary>
    public const string Storage = "Storage";

    /// <summary>Section of <see cref="BlobCaptioner.Pipeline.Jobs.QueueLoopOptions"/>.</summary>
    public const string Queue = "Queue";

    /// <summary>The platform's own variable with the client id of a user-assigned identity; taken where <see cref="ClientId"/> is not set.</summary>
    public const string AzureClientId = "AZURE_CLIENT_ID";
}

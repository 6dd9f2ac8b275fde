using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>The app in its Azure wiring, for all tests of a class.</summary>
public sealed class EventGridApp(AzuriteFixture azurite) : IAsyncLifetime
{
    internal FunctionsApp App { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        App = await FunctionsApp.CreateAsync(await azurite.GetConnectionStringAsync(CancellationToken.None), ImageTriggerSource.EventGrid);
        await App.StartAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => App.DisposeAsync();
}

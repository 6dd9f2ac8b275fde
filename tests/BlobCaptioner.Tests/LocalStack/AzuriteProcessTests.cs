using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using BlobCaptioner.Cli.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.LocalStack;

public sealed class AzuriteProcessTests(AzuriteFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StartAsync_RestartOnTheSameFolder_HasTheSameBlobsAndMessages()
    {
        var folder = fixture.CreateFolder();
        AzuritePorts ports;
        await using (var first = await AzuriteFixture.StartOwnAsync(folder, ports: null, Cancellation))
        {
            ports = first.Ports;
            var container = new BlobContainerClient(first.ConnectionString, "images");
            await container.CreateAsync(cancellationToken: Cancellation);
            await container.UploadBlobAsync("a/b.txt", BinaryData.FromString("kept"), Cancellation);
            var queue = new QueueClient(first.ConnectionString, "captions");
            await queue.CreateAsync(cancellationToken: Cancellation);
            await queue.SendMessageAsync("also kept", Cancellation);
        }

        await using var second = await AzuriteFixture.StartOwnAsync(folder, ports, Cancellation);
        Assert.Equal(ports, second.Ports);
        var blob = await new BlobContainerClient(second.ConnectionString, "images").GetBlobClient("a/b.txt").DownloadContentAsync(Cancellation);
        Assert.Equal("kept", blob.Value.Content.ToString());
        var message = await new QueueClient(second.ConnectionString, "captions").ReceiveMessageAsync(cancellationToken: Cancellation);
        Assert.Equal("also kept", message.Value.Body.ToString());
    }

    [Fact]
    public async Task StartAsync_TheUsualPortsAreTaken_TakesFreeOnes()
    {
        // the port is taken, by this test or by another program
        using var blocker = TryListen(AzuritePorts.Usual.Queue);
        await using var azurite = await AzuriteProcess.StartAsync(new(), progress: null, TimeProvider.System, Cancellation);
        Assert.NotEqual(AzuritePorts.Usual.Blob, azurite.Ports.Blob);
        Assert.NotEqual(AzuritePorts.Usual.Queue, azurite.Ports.Queue);
        await new BlobContainerClient(azurite.ConnectionString, "images").CreateAsync(cancellationToken: Cancellation);
        await new QueueClient(azurite.ConnectionString, "captions").CreateAsync(cancellationToken: Cancellation);
    }

    [Fact]
    public async Task StartAsync_AskedForPortIsTaken_NamesThePorts()
    {
        using var blocker = new TcpListener(IPAddress.Loopback, 0);
        blocker.Start();
        var taken = ((IPEndPoint)blocker.LocalEndpoint).Port;
        var error = await Assert.ThrowsAsync<LocalStackException>(() =>
            AzuriteFixture.StartOwnAsync(dataDirectory: null, new(taken, 0, 0), Cancellation));
        Assert.Contains($"{taken}", error.Message, StringComparison.Ordinal);
        Assert.Contains("EADDRINUSE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_FolderCannotBeMade_NamesItAndTheWayOut()
    {
        var file = Path.Combine(fixture.CreateFolder(), "file");
        await File.WriteAllTextAsync(file, "", Cancellation);
        var error = await Assert.ThrowsAsync<LocalStackException>(() =>
            AzuriteFixture.StartOwnAsync(Path.Combine(file, "data"), ports: null, Cancellation));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains("--data", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StopAsync_AClientIsStillConnected_EndsWithinSeconds()
    {
        var azurite = await AzuriteFixture.StartOwnAsync(dataDirectory: null, ports: null, Cancellation);
        var container = new BlobContainerClient(azurite.ConnectionString, "images");
        await container.CreateAsync(cancellationToken: Cancellation);
        var watch = Stopwatch.StartNew();
        await azurite.StopAsync();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
        Assert.True(azurite.Exited.IsCompleted);
    }

    [Fact]
    public async Task InterruptSignal_FromTheTerminal_DoesNotTakeAzuriteAway()
    {
        await using var azurite = await AzuriteFixture.StartOwnAsync(dataDirectory: null, ports: null, Cancellation);
        using var kill = Process.Start("kill", ["-INT", $"{azurite.ProcessId}"]);
        await kill.WaitForExitAsync(Cancellation);
        using var hangup = Process.Start("kill", ["-HUP", $"{azurite.ProcessId}"]);
        await hangup.WaitForExitAsync(Cancellation);
        await new BlobContainerClient(azurite.ConnectionString, "images").CreateAsync(cancellationToken: Cancellation);
        Assert.False(azurite.Exited.IsCompleted);
    }

    private static TcpListener? TryListen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}

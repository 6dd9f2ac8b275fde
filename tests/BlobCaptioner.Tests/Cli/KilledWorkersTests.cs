using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary>Nothing lost, nothing twice: real worker processes, killed at random, on an Azurite that goes away in between.</summary>
public sealed class KilledWorkersTests(AzuriteFixture files)
{
    private const int Pictures = 200;
    private const int Kills = 9;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_ThreeWorkersKilledAtRandomAndAzuriteRestarted_EachPictureHasExactlyOneRecord()
    {
        var data = files.CreateFolder();
        var azurite = await AzuriteFixture.StartOwnAsync(data, ports: null, Cancellation);
        var workers = new List<CaptionerProcess>();
        try
        {
            var ports = azurite.Ports;
            var images = await UploadAsync(azurite.ConnectionString);
            string[] store = ["--connection", azurite.ConnectionString];
            Assert.Equal(0, (await CaptionerProcess.RunAsync(data, ["sweep", .. store])).ExitCode);

            string[] work = ["work", .. store, "--json", "--slots", "2", "--prefetch", "3", "--lease-seconds", "3", "--poll-seconds", "0.3", "--tries", "50"];
            for (var i = 0; i < 3; i++)
            {
                workers.Add(CaptionerProcess.Start(data, work));
            }

            var random = new Random(20260801);
            var inWork = 0;
            for (var kill = 1; kill <= Kills; kill++)
            {
                var victim = random.Next(workers.Count);
                var picturesBefore = random.Next(1, 14);
                await DescribedAsync(workers[victim], picturesBefore, images);
                if (kill == Kills / 2)
                {
                    await azurite.DisposeAsync();
                    azurite = await AzuriteFixture.StartOwnAsync(data, ports, Cancellation);
                }

                await workers[victim].KillAsync();
                inWork += Names(workers[victim], "started").Except(Names(workers[victim], "described"), StringComparer.Ordinal).Count();
                await workers[victim].DisposeAsync();
                workers[victim] = CaptionerProcess.Start(data, work);
            }

            var queue = new QueueClient(azurite.ConnectionString, "captions");
            await Eventually.TrueAsync(
                async () => (await queue.GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount == 0, "the queue is empty");
            await AssertExactlyOneRecordEachAsync(images);
            Assert.True(inWork > 0, "no worker was killed in the middle of a picture, so this run proved nothing");
            Assert.Equal(0, (await new QueueClient(azurite.ConnectionString, "captions-poison").GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount);

            foreach (var worker in workers)
            {
                // The last one may still be starting: stopped then, it says so and returns 1.
                await Eventually.TrueAsync(() => Task.FromResult(worker.Output.Any(l => l.Contains("Working on", StringComparison.Ordinal))), "the worker has started");
                await worker.InterruptAsync();
                var ended = await worker.EndAsync();
                Assert.True(ended.ExitCode == 0, ended.Text + ended.Errors);
            }

            var second = (await CaptionerProcess.RunAsync(data, ["sweep", "--json", .. store])).Json[0];
            Assert.Equal(Pictures, second.GetProperty("upToDate").GetInt32());
        }
        finally
        {
            foreach (var worker in workers)
            {
                await worker.DisposeAsync();
            }

            await azurite.DisposeAsync();
        }
    }

    private static async Task<BlobContainerClient> UploadAsync(string connection)
    {
        var images = new BlobContainerClient(connection, "images");
        await images.CreateAsync(cancellationToken: Cancellation);
        for (var i = 0; i < Pictures; i++)
        {
            await images.UploadBlobAsync($"shelf {i % 5}/{i:D3}.jpg", BinaryData.FromBytes(PictureFiles.Jpeg(i)), Cancellation);
        }

        return images;
    }

    /// <summary>The worker is in the middle: it has described so many and began others. Or the work ran out.</summary>
    private static Task DescribedAsync(CaptionerProcess worker, int pictures, BlobContainerClient images) => Eventually.TrueAsync(
        async () => worker.Output.Count(l => l.Contains("\"event\":\"described\"", StringComparison.Ordinal)) >= pictures || await AllDoneAsync(images),
        $"{pictures} described by one worker");

    private static IEnumerable<string> Names(CaptionerProcess worker, string step) => worker.Output
        .Where(l => l.Contains($"\"event\":\"{step}\"", StringComparison.Ordinal) && l.EndsWith('}'))
        .Select(l => JsonDocument.Parse(l).RootElement.GetProperty("name").GetString()!);

    private static async Task<bool> AllDoneAsync(BlobContainerClient images)
    {
        var records = 0;
        try
        {
            await foreach (var blob in images.GetBlobsAsync(cancellationToken: Cancellation))
            {
                records += blob.Name.EndsWith(".json", StringComparison.Ordinal) ? 1 : 0;
            }
        }
        catch (Azure.RequestFailedException)
        {
            return false;
        }

        return records >= Pictures;
    }

    private static async Task AssertExactlyOneRecordEachAsync(BlobContainerClient images)
    {
        var names = new List<string>();
        await foreach (var blob in images.GetBlobsAsync(cancellationToken: Cancellation))
        {
            names.Add(blob.Name);
        }

        var pictures = names.Where(n => n.EndsWith(".jpg", StringComparison.Ordinal)).ToList();
        Assert.Equal(Pictures, pictures.Count);
        Assert.Equal(pictures.Select(p => p + ".json").Order(StringComparer.Ordinal), names.Except(pictures).Order(StringComparer.Ordinal));
        foreach (var picture in pictures)
        {
            var content = await images.GetBlobClient(picture + ".json").DownloadContentAsync(Cancellation);
            using var record = JsonDocument.Parse(content.Value.Content);
            Assert.Equal("described", record.RootElement.GetProperty("status").GetString());
            Assert.Equal(picture, record.RootElement.GetProperty("image").GetProperty("name").GetString());
        }
    }
}

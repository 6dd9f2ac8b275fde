using System.Net;
using System.Net.Sockets;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Estimates;
using BlobCaptioner.Exports;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Xunit;

namespace BlobCaptioner.Tests.Storage;

/// <summary>Names that other programs put into a store, and that XML, addresses or Azure can't carry.</summary>
public sealed class OddNamesTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a.jpg", null)]
    [InlineData("a//b c/ü 😀+%41&<>.jpg", null)]
    [InlineData("", "is empty")]
    [InlineData("\u0001ctl.jpg", "control character U+0001")]
    [InlineData("a\u0085b", "control character U+0085")]
    [InlineData("a\rb", "control character U+000D")]
    [InlineData("a\uFFFEb", "noncharacter U+FFFE")]
    [InlineData("a\uFFFF", "noncharacter U+FFFF")]
    [InlineData("a\\b", "a backslash")]
    [InlineData("a/../b", "'..'")]
    [InlineData("./a", "'.'")]
    [InlineData("/a", "slash")]
    [InlineData("a/", "slash")]
    [InlineData("a.", null)]
    public void Problem_Name_SaysWhatCantBeCarried(string name, string? expected)
    {
        var problem = ImageNames.Problem(name);
        Assert.True(expected is null ? problem is null : problem?.Contains(expected, StringComparison.Ordinal) == true, problem);
        Assert.DoesNotContain(ImageNames.Printable(name), char.IsControl);
    }

    [Fact]
    public void Problem_HalvesOfPairsLengthAndParts_AreNamed()
    {
        Assert.Contains("surrogate", ImageNames.Problem("a\ud800b"), StringComparison.Ordinal);
        Assert.Contains("surrogate", ImageNames.Problem("\udc00"), StringComparison.Ordinal);
        Assert.Contains("the limit is 1024", ImageNames.Problem(new('x', 1025)), StringComparison.Ordinal);
        Assert.Null(ImageNames.Problem(new('x', 1024)));
        Assert.Contains("the limit is 254", ImageNames.Problem(string.Join('/', Enumerable.Repeat("a", 255))), StringComparison.Ordinal);
        Assert.Null(ImageNames.Problem(string.Join('/', Enumerable.Repeat("a", 254))));
    }

    [Theory]
    [InlineData("<Blobs><Blob><Name>a&amp;b</Name></Blob></Blobs>", null)]
    [InlineData("<Name>a\u0001b &amp; c</Name><X>\u0002</X>", "<Name Encoded=\"true\">a%01b%20%26%20c</Name><X>\uFFFD</X>")]
    [InlineData("<Name>&#x1;</Name><X>&#1;&#xD800;&#65;</X>", "<Name Encoded=\"true\">%01</Name><X>\uFFFD\uFFFD&#65;</X>")]
    [InlineData("<Name>\uFFFE</Name><NextMarker>a\u0001</NextMarker>", "<Name Encoded=\"true\">%EF%BF%BE</Name><NextMarker>percent-encoded:a%01</NextMarker>")]
    [InlineData("<Name>x\ry</Name><Name>plain</Name>", "<Name Encoded=\"true\">x%0Dy</Name><Name>plain</Name>")]
    public void Repair_Listing_IsXml(string xml, string? expected)
    {
        var repaired = ListingXmlPolicy.Repair(Encoding.UTF8.GetBytes(xml));
        Assert.Equal(expected, repaired is null ? null : Encoding.UTF8.GetString(repaired));
    }

    [Fact]
    public async Task Store_HoldsOddNames_ListsAllAndWorksForTheOthers()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        string[] odd = ["\u0001ctl.jpg", "p\uFFFEq.jpg", "x\ry.jpg", "up/../down.jpg", "back\\slash.jpg", "/lead.jpg"];
        string[] good = ["a.jpg", "m/b.jpg", "z.jpg"];
        foreach (var name in odd)
        {
            Assert.Equal(HttpStatusCode.Created, await PutAsIsAsync(pipeline.Storage, name, TestPipeline.Picture()));
        }

        foreach (var (i, name) in good.Index())
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture(i + 1));
        }

        foreach (var size in (int[])[1, 2, 5000])
        {
            var listed = new List<string>();
            await foreach (var page in pipeline.Storage.Images.GetBlobsAsync(new GetBlobsOptions(), Cancel).AsPages(continuationToken: null, size))
            {
                listed.AddRange(page.Values.Select(b => b.Name));
            }

            // Azurite stores a backslash as a slash.
            Assert.Equal(odd.Concat(good).Select(n => n.Replace('\\', '/')).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        }

        var swept = await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        foreach (var name in good)
        {
            Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync(name))?.Status);
        }

        var status = await StoreStatus.ReadAsync(pipeline.Storage, prefix: null, TimeProvider.System, Cancel);
        Assert.Equal((odd.Concat(good).Count(ImageNames.IsImage), swept.Blocked), (status.Images, status.Blocked));
        var forecast = await new SweepPreview(pipeline.Intake).RunAsync(new() { Profile = pipeline.Basis }, Cancel);
        Assert.Equal((4, 4), (forecast.Blocked, swept.Blocked));
        var estimate = await new ContainerEstimator(pipeline.Storage, pipeline.Preparer, pipeline.Model, TimeProvider.System).RunAsync(new() { Profile = pipeline.Basis }, Cancel);
        Assert.Equal(status.Images - status.Blocked, estimate!.All.Images);
        using var output = new MemoryStream();
        var exported = await RecordExport.RunAsync(
            pipeline.Storage, new() { Format = ExportFormat.Jsonl, BaseUrl = new("https://shop.example") }, output, progress: null, Cancel);
        Assert.True(exported.Items >= good.Length);
        Assert.Contains("'\\u0001ctl.jpg'", RecordError.OfName(odd[0])!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_StoreAnswersAnErrorWithoutABody_IsARefusalThatNamesTheWayOut()
    {
        using var server = new HttpListener();
        var port = FreePort();
        server.Prefixes.Add($"http://127.0.0.1:{port}/");
        server.Start();
        var serving = Task.Run(async () =>
        {
            var request = await server.GetContextAsync();
            request.Response.StatusCode = 500;
            request.Response.ContentType = "application/xml";
            request.Response.Close();
        }, Cancel);
        var connection = $"DefaultEndpointsProtocol=http;AccountName=a;AccountKey={Convert.ToBase64String(new byte[64])};BlobEndpoint=http://127.0.0.1:{port}/a;QueueEndpoint=http://127.0.0.1:{port}/a";
        var storage = CaptionStorage.Connect(connection, new() { MaxRetries = 0 });
        var refused = await Assert.ThrowsAsync<RequestFailedException>(async () => await storage.Images.GetBlobsAsync(new GetBlobsOptions(), Cancel).AnyAsync(Cancel));
        Assert.Equal(500, refused.Status);
        Assert.Contains("Delete that blob", refused.Message, StringComparison.Ordinal);
        await serving;
    }

    [Fact]
    public async Task Receive_MessageWithACharacterThatXmlCantHold_ComesWithTheOthers()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.Storage.Captions.SendMessageAsync("first", Cancel);
        var sas = pipeline.Storage.Captions.GenerateSasUri(QueueSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1));
        using var http = new HttpClient();
        using var odd = new StringContent("<QueueMessage><MessageText>a&#x1;b</MessageText></QueueMessage>", Encoding.UTF8, "application/xml");
        using var sent = await http.PostAsync(new UriBuilder(sas) { Path = sas.AbsolutePath + "/messages" }.Uri, odd, Cancel);
        var received = (await pipeline.Storage.Captions.ReceiveMessagesAsync(32, cancellationToken: Cancel)).Value;
        Assert.Equal(sent.IsSuccessStatusCode ? 2 : 1, received.Length);
    }

    [Fact]
    public async Task Upload_FileWithAnOddName_IsRefusedWithTheReasonAndAllOthersGo()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such file names.");
        var folder = azurite.CreateFolder();
        await File.WriteAllBytesAsync(Path.Combine(folder, "\u0001ctl.jpg"), TestPipeline.Picture(), Cancel);
        await File.WriteAllBytesAsync(Path.Combine(folder, "back\\slash.jpg"), TestPipeline.Picture(), Cancel);
        await File.WriteAllBytesAsync(Path.Combine(folder, "good.jpg"), TestPipeline.Picture(), Cancel);
        var container = await azurite.CreateContainerAsync("odd", Cancel);
        var problems = new List<(string File, string Why)>();
        var summary = await ImageUploader.UploadAsync(folder, container, _ => { }, (file, why) => { lock (problems) { problems.Add((file, why)); } }, Cancel);
        Assert.Equal((1, 2), (summary.Uploaded, summary.Failed));
        Assert.Contains(problems, p => p.File.EndsWith("\\u0001ctl.jpg", StringComparison.Ordinal) && p.Why.Contains("control character U+0001", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.Why.Contains("backslash", StringComparison.Ordinal));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // As programs without the SDK send it: nothing is trimmed, turned or resolved.
    private static async Task<HttpStatusCode> PutAsIsAsync(CaptionStorage storage, string name, byte[] content)
    {
        var sas = storage.Images.GenerateSasUri(BlobContainerSasPermissions.Write | BlobContainerSasPermissions.Create, DateTimeOffset.UtcNow.AddHours(1));
        var path = string.Join('/', name.Split('/').Select(p => p is "." or ".." ? p.Replace(".", "%2E", StringComparison.Ordinal) : Uri.EscapeDataString(p)));
        var address = new Uri($"{storage.Images.Uri}/{path}{sas.Query}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = new ByteArrayContent(content) };
        request.Headers.Add("x-ms-blob-type", "BlockBlob");
        request.Headers.Add("x-ms-version", "2021-12-02");
        using var answer = await http.SendAsync(request, Cancel);
        return answer.StatusCode;
    }
}

using System.Diagnostics;
using System.Text.Json;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Remote;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Remote;

/// <summary>A real llama-server answers, with the sample model.</summary>
public sealed class LlamaServerTests(AzuriteFixture files)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Images", "TestSet");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Describe_UnselectedPictures_NamesWhatFourOfFiveShowAndHowSureItIs()
    {
        await using var server = await LlamaServerProcess.StartAsync(Cancel);
        await using var model = RemoteCaptionModel.Create(new() { Endpoint = server.Address, Model = "sample", Concurrency = 4, TopLogprobs = 10 });
        await model.CheckAsync(Cancel);
        using var preparer = new ImagePreparer(new ImageOptions());
        using var labels = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Folder, "labels.json"), Cancel));
        var watch = Stopwatch.StartNew();
        var answers = await Task.WhenAll(labels.RootElement.GetProperty("pictures").EnumerateArray().Select(async label =>
        {
            var name = label.GetProperty("file").GetString()!;
            var prepared = Assert.IsType<PreparationOutcome.Prepared>(
                await preparer.PrepareAsync(await File.ReadAllBytesAsync(Path.Combine(Folder, name), Cancel), name, 576, Cancel));
            var caption = await model.DescribeAsync(new PreparedImage { Name = name, Jpeg = prepared.Jpeg }, BuiltInProfiles.Sample, Cancel);
            var truth = $"{label.GetProperty("category")} {label.GetProperty("color")} {label.GetProperty("pattern")}";
            return (Right: string.Join(' ', caption.Fields.Take(3).Select(f => f.Value)) == truth, Caption: caption);
        }));
        var right = answers.Count(a => a.Right);
        var totals = model.Totals();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{right} of {answers.Length} exact, {answers.Length / watch.Elapsed.TotalMinutes:0} pictures/min, {totals}, {answers[0].Caption.Usage.ServedBy}");
        Assert.True(right >= 48, $"{right} of {answers.Length} exact");
        Assert.All(answers, a => Assert.All(a.Caption.Fields.Take(3), f => Assert.InRange(f.Confidence!.Value, 0.1, 1)));
        Assert.All(answers, a => Assert.NotEmpty(a.Caption.Fields[3].Value));
        Assert.All(answers, a => Assert.True(a.Caption.Usage is { PromptTokens: > 0, OutputTokens: > 10 }));
        Assert.Equal((60L, 60L, 0L, 0L), (totals.Described, totals.Requests, totals.Retries, totals.Repairs));
    }

    [Fact]
    public async Task Describe_TightLimit_TextIsCutAndFlagged()
    {
        await using var server = await LlamaServerProcess.StartAsync(Cancel);
        await using var model = RemoteCaptionModel.Create(new() { Endpoint = server.Address, Model = "sample" });
        var profile = BuiltInProfiles.Sample with { Fields = [.. BuiltInProfiles.Sample.Fields.Take(3), new() { Name = "title", Kind = FieldKind.Text, MaxCharacters = 9 }] };
        using var preparer = new ImagePreparer(new ImageOptions());
        var picture = await File.ReadAllBytesAsync(Path.Combine(Folder, "000045.jpg"), Cancel);
        var prepared = Assert.IsType<PreparationOutcome.Prepared>(await preparer.PrepareAsync(picture, "000045.jpg", 576, Cancel));
        var caption = await model.DescribeAsync(new PreparedImage { Name = "000045.jpg", Jpeg = prepared.Jpeg }, profile, Cancel);
        Assert.Equal(["title-cut"], caption.Flags);
        Assert.Equal("Yellow", caption.Fields[3].Value);
        Assert.Equal(0, caption.Usage.Repairs);
    }

    [Fact]
    public async Task Command_DescribeWithServer_WritesTheServersRecord()
    {
        await using var server = await LlamaServerProcess.StartAsync(Cancel);
        var folder = files.CreateFolder();
        File.Copy(Path.Combine(Folder, "000004.jpg"), Path.Combine(folder, "chair.jpg"));
        var result = await CaptionerProcess.RunAsync(folder, "describe", "--json", "--server", server.Address.ToString(), "--server-model", "sample", "--profile", "sample", "chair.jpg");
        Assert.Equal(0, result.ExitCode);
        var record = Assert.Single(result.Json);
        Assert.Equal("chair", record.GetProperty("attributes").GetProperty("category").GetProperty("value").GetString());
        Assert.Equal("sample", record.GetProperty("generation").GetProperty("modelHash").GetString());
    }
}

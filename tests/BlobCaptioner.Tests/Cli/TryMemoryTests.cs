using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary>What the page's process takes at most when visitors send large pictures.</summary>
public sealed class TryMemoryTests(AzuriteFixture files)
{
    private const int Requests = 12;
    private const int Edge = 4_582;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Web_TwelvePicturesOf63MegabytesAtOnce_StaysBelow700MegabytesInAll()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The peak is read from /proc.");
        await using var web = CaptionerProcess.Start(files.CreateFolder(), "web", "--port", "0");
        var line = await web.LineAsync(l => l.Contains("The page is at", StringComparison.Ordinal));
        var address = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..].Replace(". Ctrl-C stops.", "", StringComparison.Ordinal));
        var picture = Bitmap();
        Assert.InRange(picture.Length, 62_900_000, 64_000_000);
        using var client = new HttpClient { BaseAddress = address, Timeout = Eventually.Deadline };

        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(async i =>
        {
            using var form = new MultipartFormDataContent { { new ByteArrayContent(picture), "image", $"{i}.bmp" } };
            using var answer = await client.PostAsync(i % 2 == 0 ? "/api/describe" : "/api/try", form, Cancellation);
            return (answer.StatusCode, Text: await answer.Content.ReadAsStringAsync(Cancellation));
        }));

        Assert.All(answers, a => Assert.True(a.StatusCode == HttpStatusCode.OK && a.Text.Contains("\"described\"", StringComparison.Ordinal), a.Text));
        var peak = await PeakMegabytesAsync(web.Id);
        TestContext.Current.SendDiagnosticMessage($"{Requests} pictures of {picture.Length / 1e6:0} MB: peak {peak} MB");
        Assert.InRange(peak, 100, 700);
        await web.InterruptAsync();
        Assert.Equal(0, (await web.EndAsync()).ExitCode);
    }

    private static async Task<long> PeakMegabytesAsync(int id)
    {
        const string Name = "VmHWM:";
        var line = (await File.ReadAllLinesAsync($"/proc/{id}/status", Cancellation)).Single(l => l.StartsWith(Name, StringComparison.Ordinal));
        return long.Parse(line.AsSpan()[Name.Length..^2].Trim(), CultureInfo.InvariantCulture) * 1024 / 1_000_000;
    }

    // 24 bits a pixel, uncompressed, bottom row first; rows of 4,582 pixels need two bytes to be a multiple of four.
    private static byte[] Bitmap()
    {
        const int Head = 54;
        var row = ((Edge * 3) + 3) / 4 * 4;
        var file = new byte[Head + (row * Edge)];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), Head);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), Edge);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), Edge);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), 24);
        for (var i = Head; i < file.Length; i++)
        {
            file[i] = (byte)((i * 31) >> 5);
        }

        return file;
    }
}

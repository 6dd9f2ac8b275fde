using BlobCaptioner.Cli.Reporting;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

public sealed class TerminalWriterTests
{
    [Fact]
    public async Task Write_TheTerminalIsClosed_GoesNowhere()
    {
        await using var terminal = new ClosedTerminal();
        await using var writer = new TerminalWriter(terminal);
        writer.Write('a');
        writer.WriteLine("line");
        await writer.WriteLineAsync("line");
        await writer.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", terminal.ToString());
    }

    [Fact]
    public async Task Write_ATerminal_GetsAllInOrder()
    {
        await using var terminal = new StringWriter { NewLine = "\n" };
        await using var writer = new TerminalWriter(terminal) { NewLine = "\n" };
        writer.Write('a');
        writer.Write("bc".AsSpan());
        writer.WriteLine($"{1} 杯");
        Assert.Equal("abc1 杯\n", terminal.ToString());
    }

    private sealed class ClosedTerminal : StringWriter
    {
        public override void Write(string? value) => throw new IOException("Input/output error");
    }
}

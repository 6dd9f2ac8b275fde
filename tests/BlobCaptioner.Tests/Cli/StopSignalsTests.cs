using System.Runtime.InteropServices;
using BlobCaptioner.Cli.Hosting;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

public sealed class StopSignalsTests
{
    [Theory]
    [InlineData(PosixSignal.SIGHUP, true, true)]
    [InlineData(PosixSignal.SIGTERM, true, true)]
    [InlineData(PosixSignal.SIGINT, true, false)]
    [InlineData(PosixSignal.SIGHUP, false, false)]
    [InlineData(PosixSignal.SIGTERM, false, false)]
    public void IsEnd_ASignal_IsTheEndOnlyWhereWindowsEndsTheProcess(PosixSignal signal, bool isWindows, bool isEnd) =>
        Assert.Equal(isEnd, StopSignals.IsEnd(signal, isWindows));
}

using System.Reflection;
using Xunit;

namespace KdSim.Kernel.Tests.Boot;

public class ObserverListTests
{
    /// <summary>Methods of the interface have bodies: the compiler does not say when the list forgets one.</summary>
    [Fact]
    public void The_list_passes_every_call_on()
    {
        InterfaceMapping map = typeof(ObserverList).GetInterfaceMap(typeof(IKernelObserver));
        Assert.All(map.TargetMethods, method => Assert.Equal(typeof(ObserverList), method.DeclaringType));
    }
}
